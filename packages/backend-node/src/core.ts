/**
 * `@latent-matte/backend-node/core`: everything of `@latent-matte/core`'s main entry: the interfaces of every part, registries, presets, latents.
 * @module @latent-matte/backend-node/core
 */
export * from '@latent-matte/core';
