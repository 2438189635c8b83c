export {
  adjointDepthwiseFilter,
  adjointFilter,
  type ConvolutionOptions,
  type ConvolutionWeights,
  convolution,
  depthwiseConvolution,
} from './convolution';
export { pixelShuffle, pixelUnshuffle } from './pixel-shuffle';
export { type ResizeMethod, resize, resizeMatrix } from './resize';
export { stopGradient } from './stop-gradient';
