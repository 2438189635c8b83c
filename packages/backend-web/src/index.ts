/**
 * latent-matte in the browser, what an application needs: the backend, canvas images, the calls and their options. What
 * only some need has entries of its own, which hand on `@latent-matte/core` and `@latent-matte/models`: `/core` (with every
 * class of error), `/models`, `/ops`, `/checkpoints`, `/evaluate`, `/generate`, `/fine-tune`, `/testing`.
 * @module @latent-matte/backend-web
 */
export {
  AbortedError,
  type Enhancement,
  type EnhancementStep,
  type EnhanceOptions,
  type FloatImage,
  keepModels,
  LatentMatteError,
  type MattingModel,
  preload,
  type RasterImage,
  registerMattingModel,
  SPEC_VERSION,
  withAlpha,
} from '@latent-matte/core';
export { loadModel } from '@latent-matte/models';
export { enhancePortrait } from './calls/enhance-portrait';
export { estimateForeground } from './calls/estimate-foreground';
export { refineMatte } from './calls/refine-matte';
export type { Blobbable, BlobOptions, BlobType } from './cut-out/blobbable';
export {
  cutOut,
  matte,
  type WebCutOut,
  type WebCutOutOptions,
  type WebMatte,
} from './cut-out/cut-out';
export type { PictureSource } from './cut-out/picture-source';
export type { WebEnhancement } from './cut-out/shown-enhancement';
export type { ReadImageOptions, WebImageSource } from './image-source';
export { readImage } from './read-image';
export { type ToBlobOptions, toBlob } from './to-blob';
export { toImageData } from './to-image-data';
export { useWebBackend } from './use-web-backend';
export type { WasmPaths } from './wasm-paths';
export type { WebBackend } from './web-backend';
export type { WebBackendOptions } from './web-backend-options';
export type { WebDevice } from './web-devices';
