export { reflectPad, replicatePad } from './border-padding';
export {
  type ConvolutionOptions,
  type ConvolutionWeights,
  convolution,
} from './convolution';
export { adjointDepthwiseFilter, depthwiseConvolution } from './depthwise-convolution';
export { adjointFilter, subpixelFilter } from './linear-convolution';
export type { Borders, Padding } from './padding';
export { pixelShuffle, pixelUnshuffle } from './pixel-shuffle';
export { type ResizeMethod, resize, resizeMatrix } from './resize';
export { stopGradient } from './stop-gradient';
export {
  type TransposedConvolutionOptions,
  type TransposedConvolutionWeights,
  transposedConvolution,
} from './transposed-convolution';
export { type UpfirdnOptions, upfirdn2d } from './upfirdn2d';
