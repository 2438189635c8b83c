export { generatePortraits } from './generate-portraits';
export { labelPortraits } from './label-portraits';
export { PairGenerator, type PairHooks } from './pair-generator';
export { generationSettings, type PairOptions } from './settings';
export * from './types';
