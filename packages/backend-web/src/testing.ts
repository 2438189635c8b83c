/**
 * `@latent-matte/backend-web/testing`: conformance suites, mock models and checks of gradients and leaks.
 * @module @latent-matte/backend-web/testing
 */
export * from '@latent-matte/core/testing';
