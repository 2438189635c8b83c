/**
 * `@latent-matte/backend-node/testing`: conformance suites, mock models and checks of gradients and leaks.
 * @module @latent-matte/backend-node/testing
 */
export * from '@latent-matte/core/testing';
