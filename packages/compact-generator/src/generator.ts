/** Address of the weights of the generator. */
export const compactGenerator = (): URL =>
  new URL('../weights/compact-generator.safetensors', import.meta.url);
