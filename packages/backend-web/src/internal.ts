/**
 * What the packages of this repository share and nobody else should import: it changes without notice.
 * @internal
 * @module @latent-matte/backend-web/internal
 */
export * from '@latent-matte/core/internal';
