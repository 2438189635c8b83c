/**
 * `@latent-matte/backend-node/checkpoints`: readers and writers of weights.
 * @module @latent-matte/backend-node/checkpoints
 */
export * from '@latent-matte/core/checkpoints';
export { type FileSource, openFileSource } from './weights/file-source';
export { loadLatents, saveLatents } from './weights/latents-file';
