// One function per file, each with its address as a literal: bundlers find and copy the files, and leave out those
// whose function nobody calls.

/** Address of the weights of the trimap network; also those of the perceptual model. */
export const compactTrimap = (): URL =>
  new URL('../weights/compact-trimap.safetensors', import.meta.url);

/** Address of the weights of the matting network. */
export const compactMatting = (): URL =>
  new URL('../weights/compact-matting.safetensors', import.meta.url);

/** Address of the weights of the discriminator of composites. */
export const compactDiscriminator = (): URL =>
  new URL('../weights/compact-discriminator.safetensors', import.meta.url);

/** Address of the weights of the generator. */
export const compactGenerator = (): URL =>
  new URL('../weights/compact-generator.safetensors', import.meta.url);

/** Address of the weights of the encoder of the generator. */
export const compactEncoder = (): URL =>
  new URL('../weights/compact-encoder.safetensors', import.meta.url);

/** Address of the weights of the discriminator that the generator was trained against. */
export const compactFaceDiscriminator = (): URL =>
  new URL('../weights/compact-face-discriminator.safetensors', import.meta.url);
