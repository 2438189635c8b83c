export { createLayeredGenerator } from './create-layered-generator';
export { LayeredGenerator, type LayeredOptions, type LayeredPortrait } from './layered-generator';
export type { LayerDirection } from './push-apart';
