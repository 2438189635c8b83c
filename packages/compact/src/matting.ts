/** Address of the weights of the matting network. */
export const compactMatting = (): URL =>
  new URL('../weights/compact-matting.safetensors', import.meta.url);
