/**
 * The compact weights of latent-matte: where each file is, and what is known about it. No code of the networks, which
 * is in `@latent-matte/models`, and no dependency.
 * @module @latent-matte/compact
 */

// A module and an entry per file, with its address as a literal: bundlers find and copy the files. webpack leaves out
// those whose function nobody uses; Vite those whose entry nobody imports.
export { compactDiscriminator } from './discriminator';
export { type CompactWeights, compactWeights } from './manifest';
export { compactMatting } from './matting';
export { portrait } from './portrait';
export { compactTrimap } from './trimap';
