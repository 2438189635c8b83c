export { type AssignWeightsOptions, assignWeights } from './assign-weights';
export { type ByteSource, blobSource, bytesSource, readExactly } from './byte-source';
export { type BytesLike, isBytesLike, plainBytes } from './plain-bytes';
export {
  parseSafetensors,
  type SafetensorsFile,
  serializeSafetensors,
  type TensorSource,
} from './safetensors';
export { sha256 } from './sha256';
export {
  type FloatDtype,
  toFloat32,
  type WeightArchive,
  type WeightDtype,
  type WeightTensor,
} from './weight-tensor';
