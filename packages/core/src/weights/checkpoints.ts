/**
 * `@latent-matte/core/checkpoints`: readers of other people's weight files. PyTorch (zip and legacy), StyleGAN2-ADA
 * pickles and safetensors behind one interface; nothing in a file is executed, every size is bounded first.
 * @module @latent-matte/core/checkpoints
 */
export {
  type Checkpoint,
  type CheckpointFormat,
  type OpenCheckpointOptions,
  openCheckpoint,
  subsetArchive,
} from './open-checkpoint';
export type { CheckpointScalar } from './pytorch/flatten';
export { packScalars } from './scalars-metadata';
export { parseTfjsManifest } from './tfjs-manifest';
