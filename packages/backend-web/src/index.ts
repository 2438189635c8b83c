/**
 * latent-matte in the browser: one import gives the backend, canvas images and everything of core and models.
 * @module @latent-matte/backend-web
 */
export * from '@latent-matte/core';
export * from '@latent-matte/core/checkpoints';
export * from '@latent-matte/core/evaluate';
export * from '@latent-matte/core/fine-tune';
export * from '@latent-matte/core/generate';
export * from '@latent-matte/models';
export type { WasmPaths } from './activate-wasm';
export type { Blobbable, BlobOptions, BlobType } from './cut-out/blobbable';
export {
  cutOut,
  matte,
  type WebCutOut,
  type WebCutOutOptions,
  type WebMatte,
} from './cut-out/cut-out';
export type { PictureSource } from './cut-out/picture-source';
export type { ReadImageOptions, WebImageSource } from './image-source';
export { readImage } from './read-image';
export {
  clearWeightCache,
  createWeightResolver,
  type WeightCacheStorage,
  type WeightResolver,
  type WeightResolverOptions,
} from './resolve-weights';
export { type ToBlobOptions, toBlob } from './to-blob';
export { toImageData } from './to-image-data';
export { useWebBackend, type WebBackendOptions } from './use-web-backend';
export type { WebBackend } from './web-backend';
export type { WebDevice } from './web-devices';
