/**
 * `@latent-matte/core/generate`: portraits with pseudo ground truth, to train matting models with (paper III-C).
 * @module @latent-matte/core/generate
 */
export { generatePortraits } from './generate-portraits';
export type { LabelOptions } from './label-options';
export { labelPortraits } from './label-portraits';
export {
  type GenerateOptions,
  type GenerationSettings,
  generateOptions,
  generationSettings,
  type PairOptions,
} from './options';
export { PairGenerator, type PairHooks } from './pair-generator';
export { defaultLimits } from './quality-gate';
export * from './types';
