/**
 * `@latent-matte/backend-web/fine-tune`: training of a matting model on pairs.
 * @module @latent-matte/backend-web/fine-tune
 */
export * from '@latent-matte/core/fine-tune';
