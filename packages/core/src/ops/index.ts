export { reflectPad, replicatePad } from './border-padding';
export { boxFilter } from './box-filter';
export {
  type ConvolutionOptions,
  type ConvolutionWeights,
  convolution,
} from './convolution';
export { installCorrections } from './corrections/install-corrections';
export { customGradient, type ForwardPass, type GradientsOf } from './custom-gradient';
export { adjointDepthwiseFilter, depthwiseConvolution } from './depthwise-convolution';
export { adjointFilter, subpixelFilter } from './linear-convolution';
export {
  type MaxPoolWithIndicesOptions,
  type MaxUnpoolOptions,
  maxPoolWithIndices,
  maxUnpool,
  type PooledWithIndices,
} from './max-unpool';
export {
  type BatchNormalizationOptions,
  type BatchStatistics,
  batchNormalization,
  batchNormalizationInTraining,
  type GroupNormalizationOptions,
  groupNormalization,
  type InstanceNormalizationOptions,
  instanceNormalization,
  type TrainedBatchNormalizationOptions,
} from './normalization';
export type { Borders, Padding } from './padding';
export { pixelShuffle, pixelUnshuffle } from './pixel-shuffle';
export {
  type AveragePoolOptions,
  adaptiveAveragePool,
  averagePool,
  maxPool,
  type PoolOptions,
} from './pooling';
export { type ResizeOptions, resize } from './resize';
export { type ResizeMethod, resizeMatrix } from './resize-matrix';
export { type SoftmaxOverPatchesOptions, softmaxOverPatches } from './softmax-over-patches';
export { stopGradient } from './stop-gradient';
export { trainableConvolution, trainableDepthwiseConvolution } from './trainable-convolution';
export {
  type TransposedConvolutionOptions,
  type TransposedConvolutionWeights,
  transposedConvolution,
} from './transposed-convolution';
export { fold, type UnfoldOptions, unfold } from './unfold';
export { type UpfirdnOptions, upfirdn2d } from './upfirdn2d';
