/**
 * `@latent-matte/core/checkpoints`: readers of other people's weight files. PyTorch (zip and legacy), StyleGAN2-ADA
 * pickles and safetensors behind one interface; nothing in a file is executed, every size is bounded first.
 * @module @latent-matte/core/checkpoints
 */
export { type AssignWeightsOptions, assignWeights } from './assign-weights';
export { type ByteSource, blobSource, bytesSource } from './byte-source';
export {
  type Checkpoint,
  type CheckpointFormat,
  type OpenCheckpointOptions,
  openCheckpoint,
  subsetArchive,
} from './open-checkpoint';
export type { CheckpointScalar } from './pytorch/flatten';
export {
  parseSafetensors,
  type SafetensorsFile,
  serializeSafetensors,
  type TensorSource,
} from './safetensors';
export { packScalars } from './scalars-metadata';
export { parseTfjsManifest } from './tfjs-manifest';
export {
  type FloatDtype,
  toFloat32,
  type WeightArchive,
  type WeightDtype,
  type WeightTensor,
} from './weight-tensor';
