/**
 * `@latent-matte/core/ops`: what a network, a loss or a training is made of. Differentiable operators with the gradients of
 * PyTorch, losses, optimisers, and the solvers behind foreground and matte, on tensors.
 * @module @latent-matte/core/ops
 */
export {
  BlurFusionEstimator,
  type BlurFusionOptions,
  blurFusionOnTensors,
  ClosedFormEstimator,
  type ClosedFormEstimatorOptions,
  type ClosedFormOptions,
  closedFormGradients,
  type ExactLayers,
  estimateBlurFusion,
  estimateMultiLevel,
  type Layers,
  MultiLevelEstimator,
  type MultiLevelEstimatorOptions,
  type MultiLevelOptions,
  multiLevelOnTensors,
  solveClosedForm,
} from './foreground';
export {
  type ByteImage,
  contentMask,
  fitLetterbox,
  frameFor,
  intoLetterbox,
  type Letterbox,
  outOfLetterbox,
  overwriteKnown,
  randomBackground,
  readTensor,
  resizeLikePillow,
  rgbTensor,
  type TrimapClasses,
  trimapClasses,
  trimapFromAlpha,
  trimapFromLogits,
} from './imaging';
export * from './losses';
export { ClosedFormMattingModel, MattingLaplacian, solveClosedFormMatte } from './matting';
export * from './ops';
export * from './optimizer/adam';
export { clipByGlobalNorm, globalNorm } from './optimizer/clip-by-global-norm';
export { inSegments } from './optimizer/in-segments';
export { type WarmUpCosineOptions, warmUpCosine } from './optimizer/learning-rate';
export * from './optimizer/segments';
