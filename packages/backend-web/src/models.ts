/**
 * `@latent-matte/backend-web/models`: networks, the catalogue, adapters of your own models, installed models and their weights.
 * @module @latent-matte/backend-web/models
 */
export * from '@latent-matte/models';
export {
  clearWeightCache,
  createWeightResolver,
  type WeightCacheStorage,
  type WeightResolver,
  type WeightResolverOptions,
} from './resolve-weights';
