export type { WorkOptions } from '../solvers/work';
export { type BlurFusionOptions, estimateBlurFusion } from './blur-fusion';
export { BlurFusionEstimator } from './blur-fusion-estimator';
export { blurFusionOnTensors } from './blur-fusion-tensors';
export {
  type ClosedFormOptions,
  closedFormGradients,
  type ExactLayers,
  solveClosedForm,
} from './closed-form';
export { ClosedFormEstimator, type ClosedFormEstimatorOptions } from './closed-form-estimator';
export { cutOutWithMatte } from './cut-out-with-matte';
export {
  type EstimateForegroundOptions,
  estimateForeground,
  type ForegroundMethod,
} from './estimate-foreground';
export type { Layers } from './layers';
export { estimateMultiLevel, type MultiLevelOptions } from './multi-level';
export { MultiLevelEstimator, type MultiLevelEstimatorOptions } from './multi-level-estimator';
export { multiLevelOnTensors } from './multi-level-tensors';
