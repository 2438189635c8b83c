export { type AssignWeightsOptions, assignWeights } from './assign-weights';
export { type ByteSource, blobSource, bytesSource, readExactly } from './byte-source';
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
export { sha256 } from './sha256';
export { parseTfjsManifest } from './tfjs-manifest';
export {
  type FloatDtype,
  toFloat32,
  type WeightArchive,
  type WeightDtype,
  type WeightTensor,
} from './weight-tensor';
