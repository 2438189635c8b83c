export * from './enhance/types';
export * from './errors';
export { createRandom, type Random } from './random';
export * from './registry';
export * from './spec';
