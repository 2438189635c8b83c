/**
 * Interfaces, losses, the optimisation loop, foreground estimation, metrics, differentiable ops. What an application
 * seldom needs has an entry of its own: `/checkpoints`, `/evaluate`, `/generate`, `/fine-tune`, `/testing`.
 * @module @latent-matte/core
 */

export * from './contracts';
export * from './cutout';
export { enhancePortrait } from './enhance/enhance-portrait';
export { enhancePortraitSteps } from './enhance/enhance-portrait-steps';
export * from './enhance/options';
export * from './enhance/types';
export * from './errors';
export * from './foreground';
export * from './imaging';
export * from './invert';
export * from './losses';
export * from './matting';
export * from './metrics';
export * from './ops';
export * from './optimizer/adam';
export { clipByGlobalNorm, globalNorm } from './optimizer/clip-by-global-norm';
export { inSegments } from './optimizer/in-segments';
export { type WarmUpCosineOptions, warmUpCosine } from './optimizer/learning-rate';
export * from './optimizer/segments';
export type { Matte } from './prediction/matte';
export { createRandom, type Random } from './random';
export * from './registry';
export type { PresetName } from './search/option-table';
export type { LossValues, LossWeights } from './search/options';
export { type Preset, presets } from './search/presets';
export * from './weights';
