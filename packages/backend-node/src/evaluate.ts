/**
 * `@latent-matte/backend-node/evaluate`: matting models measured, with and without enhancement.
 * @module @latent-matte/backend-node/evaluate
 */
export * from '@latent-matte/core/evaluate';
