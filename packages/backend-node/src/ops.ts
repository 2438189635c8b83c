/**
 * `@latent-matte/backend-node/ops`: operators, losses, optimisers and solvers on tensors.
 * @module @latent-matte/backend-node/ops
 */
export * from '@latent-matte/core/ops';
