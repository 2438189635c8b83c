export { generatePortraits } from './generate-portraits';
export { PairGenerator, type PairHooks } from './pair-generator';
export { generationSettings, type PairOptions } from './settings';
export * from './types';
