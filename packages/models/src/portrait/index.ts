export { type PortraitLoaders, portraitLoaders, type ReadPortraitWeights } from './load-portrait';
export {
  PortraitMatte,
  PortraitMatting,
  type PortraitOptions,
  PortraitTrimap,
  type TrainablePortraitOptions,
} from './models';
export type { Prior, PriorMap } from './prior';
