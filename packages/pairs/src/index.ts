/**
 * Portrait and alpha pairs in quantity (paper III-C): runs that can be stopped and continued, into a folder or a bucket,
 * on one machine or, through a queue, on several.
 * @module @latent-matte/pairs
 */
export { type RunBackgrounds, readBackgrounds } from './generate-backgrounds';
export { GenerationOutput, type OutputSummary } from './generate-output';
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
export type { ObjectStore, StoredObject } from './object-store';
export { openObjectStore } from './open-object-store';
export type { PairRecord } from './pair-record';
export { PairQueue } from './queue';
export type { QueueAddress } from './queue-connection';
export type { QueueStatus } from './queue-status';
export {
  type QueueWorkerOptions,
  type QueueWorkerSummary,
  runQueueWorker,
} from './queue-worker';
