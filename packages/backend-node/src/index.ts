/**
 * latent-matte in Node, what an application needs: the backend, pictures, the calls and their options. What only some
 * need has entries of its own, which hand on `@latent-matte/core` and `@latent-matte/models`: `/core` (with every class of
 * error), `/models`, `/ops`, `/checkpoints`, `/evaluate`, `/generate`, `/fine-tune`, `/testing`.
 * @module @latent-matte/backend-node
 */
// `loadModel` finds what was added with `latent-matte models add`, whichever entries a program imports.
import './weights/installed-models';

export {
  AbortedError,
  assertRaster,
  type Enhancement,
  type EnhancementStep,
  type EnhanceOptions,
  type FloatImage,
  keepModels,
  LatentMatteError,
  type MattingModel,
  type RasterImage,
  registerMattingModel,
  SPEC_VERSION,
  withAlpha,
} from '@latent-matte/core';
// Models, checkpoints and pictures of one's own, for those who begin with them: their options and kin have entries.
export { openCheckpoint, toFloat32 } from '@latent-matte/core/checkpoints';
export { measureMatte } from '@latent-matte/core/evaluate';
export {
  canonicalStyleGAN2Weights,
  fromFunction,
  fromOnnx,
  loadModel,
} from '@latent-matte/models';
export { enhancePortrait, type NodeEnhancement } from './calls/enhance-portrait';
export { estimateForeground } from './calls/estimate-foreground';
export { refineMatte } from './calls/refine-matte';
export {
  cutOut,
  matte,
  type NodeCutOut,
  type NodeCutOutOptions,
  type NodeMatte,
} from './cut-out/cut-out';
export type { BlobOptions, Savable, SaveOptions } from './cut-out/savable';
export type { NodeDevice } from './device/devices';
export { type DeviceReport, listDevices } from './device/list-devices';
export {
  type NodeBackend,
  type NodeBackendOptions,
  useNodeBackend,
} from './device/use-node-backend';
export type { MapSource, PictureSource } from './image/decoded-picture';
export { type ReadImageOptions, readImage } from './image/read-image';
export { readMap } from './image/read-map';
export {
  type EncodeOptions,
  encodeImage,
  type ImageFormat,
  writeImage,
} from './image/write-image';
export {
  type EnhancePortraitsOptions,
  enhancePortraits,
  type PortraitOutcome,
} from './pool/enhance-portraits';
export { createWorkerPool, type WorkerPool, type WorkerPoolOptions } from './pool/worker-pool';
