/**
 * What the packages of this repository share and nobody else should import: it changes without notice. Folders and files
 * that are complete or absent, settings of runs that go on, and what core shares.
 * @internal
 * @module @latent-matte/backend-node/internal
 */
export * from '@latent-matte/core/internal';
export type { ConcreteDevice } from './device/devices';
export type { ListDevicesOptions } from './device/list-devices';
export { isAlive } from './files/is-alive';
export { loadOptional } from './files/load-optional';
export { makeFolder } from './files/make-folder';
export {
  canonical,
  hashOf,
  type Settings,
  settingsDifferences,
} from './files/settings-differences';
export {
  isLeftover,
  isTemporary,
  removeLeftovers,
  temporaryFile,
  temporaryFolder,
} from './files/temporary-name';
export {
  assertWritable,
  outputErrorFrom,
  writeFileAtomic,
} from './files/write-file-atomic';
export type { PixelData } from './image/decoded-picture';
export { computeWithOneThreadEach, usualWorkers } from './pool/worker-count';
