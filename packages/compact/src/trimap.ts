/** Address of the weights of the trimap network; also those of the perceptual model. */
export const compactTrimap = (): URL =>
  new URL('../weights/compact-trimap.safetensors', import.meta.url);
