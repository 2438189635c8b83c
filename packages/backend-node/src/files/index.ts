/**
 * Folders and files that are complete or absent, and settings of runs that go on: for
 * packages of this SDK that write their own.
 * @module @latent-matte/backend-node/files
 */
export { isAlive } from './is-alive';
export { loadOptional } from './load-optional';
export { makeFolder } from './make-folder';
export { canonical, hashOf, type Settings, settingsDifferences } from './settings-differences';
export { outputErrorFrom, writeFileAtomic } from './write-file-atomic';
