/**
 * The parts that come with latent-matte. Importing this package registers them by name.
 * @module @latent-matte/models
 */
import { registerCatalogue } from './catalogue';

// Importing this package makes what comes along available by name.
registerCatalogue();

export {
  AdaMatting,
  type AdaMattingAnswer,
  type AdaMattingForm,
  type AdaMattingOptions,
  type AdaMattingWeightsOptions,
  adaMattingWeights,
  createAdaMatting,
} from './ada-matting';
export * from './adapters';
export {
  type Capabilities,
  type CatalogueEntry,
  type CatalogueFile,
  type CheckpointEntry,
  type CreateOptions,
  catalogue,
  catalogueEntry,
  type EmbeddedEntry,
  type FileEntry,
  type MadeEntry,
  type Model,
  type ModelKind,
  type Network,
  networks,
} from './catalogue';
export { registerByKind } from './catalogue/register';
export { tryNetwork } from './catalogue/try-network';
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
export type { InstalledModel } from './installed-model';
export {
  createLayeredGenerator,
  type LayerDirection,
  LayeredGenerator,
  type LayeredOptions,
  type LayeredPortrait,
} from './layered';
export { networkPrefix } from './layers/checkpoint';
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
  comesWithout,
  type EmbeddedModels,
  type InstalledModels,
  type LoadModelOptions,
  loadModel,
  setInstalledModels,
} from './load-model';
export { createLpipsSqueeze, createLpipsVgg, Lpips, LpipsSqueeze, LpipsVgg } from './lpips';
export {
  loadMediapipeSelfieMatting,
  loadMediapipeSelfieTrimap,
  type MediapipeSelfieOptions,
  type SelfieVariant,
} from './mediapipe';
export { guessDescription } from './model-file/guess-description';
export {
  type GraphModelClass,
  loadModelFile,
  type ModelFile,
} from './model-file/load-model-file';
export {
  formatOf,
  type ModelFileFacts,
  type ModelFileFormat,
  type ModelFileRole,
  type ModelFileRoles,
  otherFilesOf,
  rolesOf,
} from './model-file/model-file';
export { type DescribedFile, readDescription, readFacts } from './model-file/read-description';
export { createModnet, Modnet, type ModnetOptions } from './modnet';
export {
  type PortraitLoaders,
  PortraitMatte,
  PortraitMatting,
  type PortraitOptions,
  PortraitTrimap,
  type Prior,
  type PriorMap,
  portraitLoaders,
  type ReadPortraitWeights,
  type TrainablePortraitOptions,
} from './portrait';
export { registerInstalledModel } from './register-installed-model';
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
export {
  createSampleNet,
  SampleNet,
  type SampleNetForm,
  type SampleNetOptions,
  type SampleNetOutput,
  type SampleNetWeightsOptions,
  sampleNetWeights,
} from './sample-net';
export * from './stylegan2';
export {
  createTaef2,
  createTaef2Generator,
  Taef2,
  Taef2Generator,
  type Taef2GeneratorOptions,
  type Taef2Options,
} from './taef2';
export { createVgg16, Vgg16, type Vgg16Layer, type Vgg16Options } from './vgg16';
