/** Address of the weights of the autoencoder. */
export const compactAutoencoder = (): URL =>
  new URL('../weights/compact-autoencoder.safetensors', import.meta.url);
