/**
 * `@latent-matte/backend-node/generate`: portraits with pseudo ground truth, in all detail.
 * @module @latent-matte/backend-node/generate
 */
export * from '@latent-matte/core/generate';
