/**
 * `@latent-matte/backend-node/fine-tune`: training of a matting model on pairs.
 * @module @latent-matte/backend-node/fine-tune
 */
export * from '@latent-matte/core/fine-tune';
