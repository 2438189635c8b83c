export type {
  Backend,
  BackendLimits,
  LongCall,
  LongCallName,
  ResolveWeightsOptions,
  WeightFile,
  WeightProgress,
} from './backend';
export type { Generator, GeneratorContext, GeneratorSegment } from './generator';
export type { LatentCode, LatentShape } from './latent-code';
export type { LatentEncoder } from './latent-encoder';
export type { GeneratorChoice, ModelChoice } from './model-choice';
export type { Differentiability, InputSizeRule, ModelInfo } from './model-info';
export { SPEC_VERSION } from './model-info';
export type {
  AlphaAndLogits,
  Discriminator,
  DiscriminatorSegment,
  ForegroundEstimator,
  ImageLayers,
  MattingContext,
  MattingInput,
  MattingModel,
  MattingTraining,
  NamedWeights,
  NormalizationMode,
  PerceptualModel,
  PortraitLayers,
  TrainingTruth,
  TrimapModel,
} from './networks';
export type { FloatImage, RasterImage } from './raster-image';
