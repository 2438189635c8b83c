export { type LayeredOptions, type LayeredPortrait, LayeredGenerator } from './layered-generator';
export type { LayerDirection } from './push-apart';
