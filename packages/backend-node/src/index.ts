/**
 * latent-matte in Node, what an application needs: the backend, image files, the calls, their options and errors. What
 * only some need has entries of its own, which hand on `@latent-matte/core` and `@latent-matte/models`: `/core`, `/models`,
 * `/ops`, `/checkpoints`, `/evaluate`, `/generate`, `/fine-tune`, `/testing`.
 * @module @latent-matte/backend-node
 */
export {
  AbortedError,
  assertRaster,
  BackendError,
  type Enhancement,
  type EnhancementStep,
  type EnhanceOptions,
  enhancePortrait,
  estimateForeground,
  type FloatImage,
  ImageTooLargeError,
  ImageTooSmallError,
  InvalidImageError,
  InvalidOptionError,
  type Inversion,
  type InvertOptions,
  invertPortrait,
  keepModels,
  LatentMatteError,
  type MattingModel,
  ModelOutputError,
  NoPersonError,
  OutputError,
  type RasterImage,
  refineMatte,
  registerMattingModel,
  registerTrimapModel,
  SPEC_VERSION,
  toFloatImage,
  UnknownModelError,
  WeightsError,
  withAlpha,
} from '@latent-matte/core';
export { openCheckpoint, toFloat32 } from '@latent-matte/core/checkpoints';
export { measureMatte } from '@latent-matte/core/evaluate';
export {
  type GeneratedPair,
  type GenerateOptions,
  generatePortraits,
} from '@latent-matte/core/generate';
export { canonicalStyleGAN2Weights, fromFunction, fromOnnx, loadModel } from '@latent-matte/models';
export {
  cutOut,
  matte,
  type NodeCutOut,
  type NodeCutOutOptions,
  type NodeMatte,
} from './cut-out/cut-out';
export type { Savable, SaveOptions } from './cut-out/savable';
export type { NodeDevice } from './device/devices';
export { type DeviceReport, listDevices } from './device/list-devices';
export {
  type NodeBackend,
  type NodeBackendOptions,
  useNodeBackend,
} from './device/use-node-backend';
export type { PictureSource } from './image/decoded-picture';
export { type ReadImageOptions, readImage } from './image/read-image';
export { readMap } from './image/read-map';
export {
  type EncodeOptions,
  encodeImage,
  encodePng,
  type ImageFormat,
  writeImage,
} from './image/write-image';
export {
  type EnhancePortraitsOptions,
  enhancePortraits,
  type PortraitOutcome,
} from './pool/enhance-portraits';
export { createWorkerPool, type WorkerPool, type WorkerPoolOptions } from './pool/worker-pool';
export { fromOnnxFile } from './weights/from-onnx-file';
