/**
 * latent-matte for a page whose worker computes everything: the calls of `@latent-matte/backend-web` in a few
 * kilobytes. Networks and TensorFlow.js are in the worker's script only.
 * @module @latent-matte/backend-web/page
 */
export type {
  CutOut,
  CutOutLayers,
  CutOutOptions,
  CutOutPreview,
  Enhancement,
  EnhancementStep,
  EnhanceOptions,
  FloatImage,
  MatteOptions,
  MatteResult,
  RasterImage,
  RefineMatteOptions,
  WeightFile,
  WeightProgress,
} from '@latent-matte/core';
export {
  AbortedError,
  BackendError,
  ImageTooLargeError,
  ImageTooSmallError,
  InvalidImageError,
  InvalidOptionError,
  LatentMatteError,
  type LatentMatteErrorCode,
  ModelOutputError,
  NoPersonError,
  OutputError,
  UnknownModelError,
  WeightsError,
} from '@latent-matte/core/caller';
export type { Blobbable, BlobOptions, BlobType } from './cut-out/blobbable';
export type { PictureSource } from './cut-out/picture-source';
export type { WebCutOut, WebCutOutOptions, WebMatte } from './cut-out/shown';
export type { WebEnhancement } from './cut-out/shown-enhancement';
export type { ReadImageOptions, WebImageSource } from './image-source';
export { cutOut, enhancePortrait, matte, preload, refineMatte } from './page/calls';
export { type PageBackendOptions, useWebBackend } from './page/use-web-backend';
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
export type { WasmPaths } from './wasm-paths';
export type { WebBackend } from './web-backend';
export type { WebDevice } from './web-devices';
