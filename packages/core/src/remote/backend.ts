/**
 * What the backends share: choosing and reviving a device, carrying calls to other threads, bringing weights. Not meant
 * for applications.
 * @module @latent-matte/core/backend
 */
export { type PictureLayers, pictureToSave } from '../cutout/picture-to-save';
export { drainSteps } from '../drain-steps';
export { type PackedError, packError, unpackError } from '../packed-error';
export { briefly } from './briefly';
export { buffersOf } from './buffers-of';
export { answerCall, type CallHooks } from './calls/answer-call';
export { CallHost, type RemoteHooks } from './calls/call-host';
export { completeCall, type LongCalls, type ResultOf, type StepOf } from './calls/long-calls';
export { plainCopy } from './calls/plain-values';
export { type CallPort, remoteCall } from './calls/remote-call';
export { assertPlain, type PlainCall, type SplitCall, splitCall } from './calls/split-call';
export { activateQuietly } from './device/activate-quietly';
export { type Activation, isRefusal, isWatched, type Refusal } from './device/activation';
export { type ChosenDevice, chooseDevice, type DeviceDriver } from './device/choose-device';
export { type DeviceFailure, memoryFull } from './device/device-failure';
export { DeviceRecovery } from './device/device-recovery';
export { renewWasm } from './device/renew-wasm';
export { type WatchedDevice, watchWebgpu } from './device/watch-webgpu';
export { type PackageFile, packageFile, packageMissing } from './weights/package-file';
export { weightResolver } from './weights/resolve-weights';
export type {
  OnWeightProgress,
  PiecewiseHash,
  WeightDriver,
  WeightResolver,
  WeightSource,
  WeightStore,
  WeightWriter,
} from './weights/weight-driver';
