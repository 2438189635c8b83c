/**
 * latent-matte in Node: one import gives the backend, image files and everything of core and models.
 * @module @latent-matte/backend-node
 */
export * from '@latent-matte/core';
export * from '@latent-matte/core/checkpoints';
export * from '@latent-matte/core/evaluate';
export * from '@latent-matte/core/fine-tune';
export * from '@latent-matte/models';
export { weightCacheDirectory } from './cache-directory';
export type { ConcreteDevice, NodeDevice } from './devices';
export {
  type EnhancePortraitsOptions,
  enhancePortraits,
  type PortraitOutcome,
} from './enhance-portraits';
export { type FileSource, openFileSource } from './file-source';
export { type RunBackgrounds, readBackgrounds } from './generate-backgrounds';
export { GenerationOutput, type OutputSummary, type PairRecord } from './generate-output';
export {
  createPairMaker,
  type FillOptions,
  type FillSummary,
  fillOutput,
  indexRange,
  type PairMaker,
} from './generate-pairs';
export {
  type ModelIdentity,
  type NamedPairOptions,
  type PairOutputOptions,
  pairOptionsOf,
  type RunSettings,
  runSettings,
} from './generate-settings';
export {
  addInstalledModel,
  listInstalledModels,
  modelsDirectory,
  registerInstalledModels,
  removeInstalledModel,
  verifyInstalledModel,
} from './installed-models';
export { isAlive } from './is-alive';
export { loadLatents, saveLatents } from './latents-file';
export { type DeviceReport, type ListDevicesOptions, listDevices } from './list-devices';
export { makeFolder } from './make-folder';
export { type ObjectStore, openObjectStore, type StoredObject } from './object-store';
export { PairQueue, type QueueAddress, type QueueStatus } from './queue';
export {
  type QueueWorkerOptions,
  type QueueWorkerSummary,
  runQueueWorker,
} from './queue-worker';
export { type ReadImageOptions, readImage } from './read-image';
export { readMap } from './read-map';
export {
  clearWeightCache,
  createWeightResolver,
  resolveWeights,
  type WeightResolver,
  type WeightResolverOptions,
} from './resolve-weights';
export { canonical, hashOf, type Settings, settingsDifferences } from './settings-differences';
export {
  type NodeBackend,
  type NodeBackendOptions,
  useNodeBackend,
} from './use-node-backend';
export { createWorkerPool, type WorkerPool, type WorkerPoolOptions } from './worker-pool';
export { outputErrorFrom, writeFileAtomic } from './write-file-atomic';
export {
  type EncodeOptions,
  encodeImage,
  encodePng,
  type ImageFormat,
  writeImage,
} from './write-image';
