export {
  type BlurFusionOptions,
  estimateBlurFusion,
} from './blur-fusion';
export {
  type ClosedFormOptions,
  closedFormGradients,
  type ExactLayers,
  solveClosedForm,
} from './closed-form';
export type { Layers } from './layers';
export { estimateMultiLevel, type MultiLevelOptions } from './multi-level';
export { MultiLevelEstimator } from './multi-level-estimator';
