/**
 * The compact weights of latent-matte: where each file is, and what is known about it. No code of the networks, which
 * is in `@latent-matte/models`, and no dependency.
 * @module @latent-matte/compact
 */
export { compactDiscriminator } from './discriminator';
export { compactEncoder } from './encoder';
export { compactFaceDiscriminator } from './face-discriminator';
export { compactGenerator } from './generator';
export { type CompactWeights, compactWeights } from './manifest';
export { compactMatting } from './matting';
export { compactTrimap } from './trimap';
