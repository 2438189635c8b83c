/**
 * What the packages of this repository share and nobody else should import: it changes without notice.
 * @internal
 * @module @latent-matte/backend-node/internal
 */
export * from '@latent-matte/core/internal';
export type { ConcreteDevice } from './device/devices';
export type { ListDevicesOptions } from './device/list-devices';
export type { PixelData } from './image/decoded-picture';
export { computeWithOneThreadEach, usualWorkers } from './pool/worker-count';
