/** Address of the weights of the discriminator of composites. */
export const compactDiscriminator = (): URL =>
  new URL('../weights/compact-discriminator.safetensors', import.meta.url);
