/**
 * What the trainings and tests of this repository ask of the inside. No entry of the published package: they find it as
 * `@latent-matte/models/internals` through the aliases of this repository.
 */
export { FrozenLayers, initializeParameters, type Layers, TrainableLayers } from './compact/layers';
export {
  discriminatorNetwork,
  mattingNetwork,
  type NetworkDefinition,
  parameterCount,
  trimapNetwork,
} from './compact/networks';
export { COMPACT_DISCRIMINATOR, COMPACT_STYLEGAN2 } from './compact-stylegan2/architecture';
export { CompactEncoder } from './compact-stylegan2/compact-encoder';
export {
  BASE_SIDE,
  ENCODER_CHANNELS,
  ENCODER_SIDE,
  encoderShapes,
} from './compact-stylegan2/encoder-shapes';
export { normalizeImage } from './layers/image-normalization';
export {
  layerCount,
  noiseSide,
  type StyleGAN2Architecture,
  type StyleGAN2GeneratorArchitecture,
} from './stylegan2/architecture';
export { withMinibatchDeviation } from './stylegan2/minibatch-deviation';
export { discriminatorShapes, generatorShapes } from './stylegan2/parameters';
