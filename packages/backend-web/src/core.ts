/**
 * `@latent-matte/backend-web/core`: everything of `@latent-matte/core`'s main entry: the interfaces of every part, registries, presets, latents.
 * @module @latent-matte/backend-web/core
 */
export * from '@latent-matte/core';
