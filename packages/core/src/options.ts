/**
 * Every option of every call as data, each declared once: what command line flags, schemas and tables are derived from.
 * @module @latent-matte/core/options
 */

export { nearest } from './assert-options';
export { cutOutOptions, matteOptions } from './cutout/options';
export { enhanceOptions } from './enhance/options';
export { evaluateOptions } from './evaluate/options';
export { augmentOptions, fineTuneOptions } from './finetune/options';
export { generateOptions } from './generate/options';
export { inversionOptions } from './invert/options';
export { DEFAULT_PARTS } from './prediction/parts';
export { checkOption, wordsOf } from './search/check-options';
export {
  type Declaration,
  type OptionKind,
  type OptionsOf,
  type OptionTable,
  PRESETS,
  type PresetName,
  type Reader,
} from './search/option-table';
export { searchOptions } from './search/options';
export { defaultOf } from './search/settle-options';
