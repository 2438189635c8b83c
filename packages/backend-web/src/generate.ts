/**
 * `@latent-matte/backend-web/generate`: portraits with pseudo ground truth, in all detail.
 * @module @latent-matte/backend-web/generate
 */
export * from '@latent-matte/core/generate';
