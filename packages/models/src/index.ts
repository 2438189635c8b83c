/**
 * The parts that come with latent-matte. Importing this package registers them by name.
 * @module @latent-matte/models
 */
import {
  registerDiscriminator,
  registerGenerator,
  registerMattingModel,
  registerPerceptualModel,
  registerTrimapModel,
} from '@latent-matte/core';
import {
  loadCompactDiscriminator,
  loadCompactMatting,
  loadCompactPerceptual,
  loadCompactTrimap,
} from './load-compact';
import { loadCompactFaceDiscriminator, loadCompactGenerator } from './load-compact-generator';
import { loadMediapipeSelfieMatting, loadMediapipeSelfieTrimap } from './mediapipe';
import { ResidualPyramidGenerator } from './residual-pyramid';

// Importing this package makes the defaults available by name.
registerTrimapModel('compact', () => loadCompactTrimap());
registerMattingModel('compact', () => loadCompactMatting());
registerTrimapModel('mediapipe-selfie', () => loadMediapipeSelfieTrimap());
registerMattingModel('mediapipe-selfie', () => loadMediapipeSelfieMatting());
registerDiscriminator('compact', () => loadCompactDiscriminator());
registerDiscriminator('compact-face', () => loadCompactFaceDiscriminator());
registerPerceptualModel('compact', () => loadCompactPerceptual());
registerGenerator('compact', () => loadCompactGenerator());
registerGenerator('residual-pyramid', (context) => new ResidualPyramidGenerator(context));

export * from './adapters';
export {
  CompactDiscriminator,
  CompactMatting,
  CompactPerceptual,
  CompactTrimap,
  createCompactMatting,
  type WeightValues,
} from './compact/compact-models';
export {
  discriminatorNetwork,
  mattingNetwork,
  type NetworkDefinition,
  parameterCount,
  trimapNetwork,
} from './compact/networks';
export { COMPACT_STYLEGAN2, CompactEncoder, CompactGenerator } from './compact-stylegan2';
export {
  createDimFoamliu,
  createDimHuochaitiantang,
  DimFoamliu,
  DimHuochaitiantang,
  type DimHuochaitiantangOptions,
} from './deep-image-matting';
export {
  createDeeplab,
  type DeeplabOptions,
  DeeplabV3Resnet50,
  trimapFromPerson,
} from './deeplab';
export { createDeeplabV3Plus, DeeplabV3PlusResnet101 } from './deeplab-v3-plus';
export { createE4e, E4e } from './e4e';
export type { LoadOptions } from './embedded-weights';
export { createFba, Fba, type FbaLayers } from './fba';
export { createGca, Gca, type GcaOptions } from './gca';
export { createIndexNet, IndexNet, type IndexNetOptions } from './index-net';
export {
  loadCompactDiscriminator,
  loadCompactMatting,
  loadCompactPerceptual,
  loadCompactTrimap,
} from './load-compact';
export {
  loadCompactEncoder,
  loadCompactFaceDiscriminator,
  loadCompactGenerator,
} from './load-compact-generator';
export {
  type EmbeddedModels,
  type InstalledModel,
  type LoadModelOptions,
  loadModel,
  type Model,
  type ModelKind,
  type Network,
  networks,
  registerInstalledModel,
  setModelCatalog,
} from './load-model';
export { createLpipsSqueeze, createLpipsVgg, Lpips, LpipsSqueeze, LpipsVgg } from './lpips';
export { type ModelEntry, models } from './manifest';
export {
  loadMediapipeSelfieMatting,
  loadMediapipeSelfieTrimap,
  type MediapipeSelfieOptions,
  type SelfieVariant,
} from './mediapipe';
export { createModnet, Modnet, type ModnetOptions } from './modnet';
export {
  type CreateOptions,
  type PublishedNetwork,
  publishedFactories,
  publishedNetworks,
  trainableNetworks,
} from './published';
export { ResidualPyramidGenerator, type ResidualPyramidOptions } from './residual-pyramid';
export {
  createRvm,
  Rvm,
  type RvmMatte,
  type RvmOptions,
  RvmSequence,
  type RvmState,
  type RvmVariant,
} from './rvm';
export * from './stylegan2';
export { createVgg16, Vgg16, type Vgg16Layer, type Vgg16Options } from './vgg16';
