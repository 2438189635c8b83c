/** Address of the weights of the discriminator that the generator was trained against. */
export const compactFaceDiscriminator = (): URL =>
  new URL('../weights/compact-face-discriminator.safetensors', import.meta.url);
