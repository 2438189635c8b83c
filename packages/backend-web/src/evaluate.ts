/**
 * `@latent-matte/backend-web/evaluate`: matting models measured, with and without enhancement.
 * @module @latent-matte/backend-web/evaluate
 */
export * from '@latent-matte/core/evaluate';
