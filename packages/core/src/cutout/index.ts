export { cutOut } from './cut-out';
export { matte } from './matte';
export { onBackground } from './on-background';
export type { AdvancedMatteOptions, CutOutOptions, MatteOptions } from './options';
export { preload } from './preload';
export type { CutOut, CutOutLayers, CutOutPreview, MatteResult } from './types';
