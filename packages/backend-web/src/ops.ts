/**
 * `@latent-matte/backend-web/ops`: operators, losses, optimisers and solvers on tensors.
 * @module @latent-matte/backend-web/ops
 */
export * from '@latent-matte/core/ops';
