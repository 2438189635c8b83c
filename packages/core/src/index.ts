/**
 * Interfaces of every exchangeable part, the calls of an application, its errors. What an application seldom needs has an
 * entry of its own: `/checkpoints`, `/evaluate`, `/generate`, `/fine-tune`, `/ops`, `/options`, `/testing`.
 * @module @latent-matte/core
 */

export * from './contracts';
export * from './cutout';
export { enhancePortrait } from './enhance/enhance-portrait';
export type { AdvancedOptions, EnhanceOptions, EnhanceRequest } from './enhance/options';
export * from './enhance/types';
export * from './errors';
export {
  cutOutWithMatte,
  type EstimateForegroundOptions,
  estimateForeground,
  type ForegroundMethod,
  type WorkOptions,
} from './foreground';
export {
  assertRaster,
  composite,
  fromImageData,
  toFloatImage,
  withAlpha,
} from './imaging';
export {
  type Inversion,
  type InversionMethod,
  type InversionPreset,
  type InversionReduction,
  type InversionSettings,
  type InversionStep,
  type InversionSteps,
  type InversionWeights,
  type InvertOptions,
  invertPortrait,
  type LatentData,
  type LatentValues,
  parseLatents,
  type SavedLatents,
  serializeLatents,
} from './invert';
export {
  type ClosedFormMatte,
  type ClosedFormMattingOptions,
  closedFormMatting,
  type RefineMatteOptions,
  refineMatte,
} from './matting';
export type { Matte } from './prediction/matte';
export { createRandom, type Random } from './random';
export {
  discriminators,
  foregroundEstimators,
  generators,
  keepModels,
  mattingModels,
  perceptualModels,
  registerDiscriminator,
  registerForegroundEstimator,
  registerGenerator,
  registerMattingModel,
  registerPerceptualModel,
  registerTrimapModel,
  trimapModels,
} from './registry';
export type { PresetName } from './search/option-table';
export type { LossValues, LossWeights } from './search/options';
export { type Preset, presets } from './search/presets';
