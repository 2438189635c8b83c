/**
 * The side of a long call that computes nothing: errors, the backend in use, calls to another thread, checks of
 * pictures. No tensor and no network, so that a page whose worker computes stays small. Not meant for applications.
 * @module @latent-matte/core/caller
 */
export { said } from './assert-options';
export { activeBackend, backendInUse, putBackendInUse } from './backend-in-use';
export { onBackground } from './cutout/on-background';
export { type PictureLayers, pictureToSave } from './cutout/picture-to-save';
export { drainSteps } from './drain-steps';
export { withCutOuts } from './enhance/with-cut-outs';
export * from './errors';
export { megapixels } from './imaging/megapixels';
export { opaqueOverGrey } from './imaging/opaque-over-grey';
export { toFloatImage } from './imaging/plain-raster';
export { longAnswer, longCall } from './long-call';
export { type PackedError, packError, unpackError } from './packed-error';
export { buffersOf } from './remote/buffers-of';
export { type CallPort, remoteCall } from './remote/calls/remote-call';
export { type PlainCall, splitCall } from './remote/calls/split-call';
export { packageFile, packageMissing } from './remote/weights/package-file';
export { weightResolver } from './remote/weights/resolve-weights';
export type {
  OnWeightProgress,
  WeightResolver,
  WeightStore,
} from './remote/weights/weight-driver';
export { assertOptionsOf, type KindsOf } from './search/check-options';
