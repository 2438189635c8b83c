/**
 * `@latent-matte/backend-web/checkpoints`: readers and writers of weights.
 * @module @latent-matte/backend-web/checkpoints
 */
export * from '@latent-matte/core/checkpoints';
