/**
 * latent-matte in Node: one import gives the backend, image files and everything of core and models.
 * @module @latent-matte/backend-node
 */
export * from '@latent-matte/core';
export * from '@latent-matte/core/checkpoints';
export * from '@latent-matte/core/evaluate';
export * from '@latent-matte/core/fine-tune';
export * from '@latent-matte/core/generate';
export * from '@latent-matte/models';
export {
  cutOut,
  matte,
  type NodeCutOut,
  type NodeCutOutOptions,
  type NodeMatte,
} from './cut-out/cut-out';
export type { Savable, SaveOptions } from './cut-out/savable';
export type { ConcreteDevice, NodeDevice } from './device/devices';
export { type DeviceReport, type ListDevicesOptions, listDevices } from './device/list-devices';
export {
  type NodeBackend,
  type NodeBackendOptions,
  useNodeBackend,
} from './device/use-node-backend';
export type { PictureSource, PixelData } from './image/decoded-picture';
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
export {
  type AddModelOptions,
  addInstalledModel,
  addModelFiles,
} from './weights/add-installed-model';
export { weightCacheDirectory } from './weights/cache-directory';
export { hashOfModel, registerModelFile } from './weights/described-models';
export { type FileSource, openFileSource } from './weights/file-source';
export {
  graphModels,
  listInstalledModels,
  registerInstalledModels,
  removeInstalledModel,
  verifyInstalledModel,
} from './weights/installed-models';
export { loadLatents, saveLatents } from './weights/latents-file';
export {
  fetchCatalogueFiles,
  type ModelFileContents,
  readCatalogueFiles,
  readModelFile,
} from './weights/model-file-contents';
export { modelsDirectory } from './weights/models-directory';
export {
  clearWeightCache,
  createWeightResolver,
  resolveWeights,
  type WeightResolver,
  type WeightResolverOptions,
} from './weights/resolve-weights';
