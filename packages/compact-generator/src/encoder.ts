/** Address of the weights of the encoder of the generator. */
export const compactEncoder = (): URL =>
  new URL('../weights/compact-encoder.safetensors', import.meta.url);
