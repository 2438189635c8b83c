/**
 * Toolkit for published networks: official checkpoints in, frozen and differentiable layers out.
 *
 * A network is written once, as the layers it is made of, under the names its authors gave them:
 *
 * ```ts
 * const build = new NetworkBuilder(stateDict(archive), 'my-network');
 * const stem = build.convolution('conv1', { inputs: 3, outputs: 64, kernel: 7, stride: 2,
 *   norm: { name: 'bn1' }, activation: 'relu' });
 * const fuse = build.convolution('fuse', { inputs: [64, 3], outputs: 32, kernel: 3 });
 * const weights = build.finish();               // checks every key, then makes the tensors
 * const y = fuse([stem(x), smallImage]);        // NHWC; no concatenation takes place
 * weights.dispose();
 * ```
 *
 * - Declaring a layer only notes which tensors it wants, by name and PyTorch shape. `finish` compares them
 *   with the file in one go and throws one `WeightsError` that lists every missing, unexpected and misshapen
 *   tensor; only then are tensors made. `num_batches_tracked` is skipped; weights under 1e-30 become 0
 *   (denormals cost up to 40× on wasm).
 * - Folded on load, in float64: batch normalisation after a layer (`norm`), spectral normalisation
 *   (`weight: 'spectral'`), weight standardisation (`weight: 'standardized'`). A normalisation that follows an
 *   activation is a layer of its own: `build.norm`.
 * - Layouts: Conv2d OIHW → HWIO, depthwise → HWC1, ConvTranspose2d IOHW → HWOI, Linear as 1×1 convolution. A builder
 *   made with `layout: 'tensorflow'` reads filters that already lie so.
 * - Several `inputs` mean the convolution of their concatenation along the channels, computed as a sum of
 *   convolutions: joining channels is by far the slowest operation of the wasm backend.
 *   `build.convolutions` cuts the output the same way. An `undefined` among the inputs is a map of zeros.
 * - A layer is a plain function of tensors. It is differentiable in its input, and only in that; a builder made with
 *   `trainable` gives the same layers over variables, unfolded, for fine-tuning.
 * - A network without fixed sizes reads them from the file: `build.shapeOf(key)`.
 */
export { elu, hardSigmoid, hardSwish, hardSwishReadOnce, leakyRelu, relu6 } from './activations';
export { joinChannels, selectChannels } from './channels';
export { stateDict, withoutPrefix } from './checkpoint';
export { forwardScope } from './forward-scope';
export { FrozenNetwork } from './frozen-network';
export type { FrozenWeights } from './frozen-weights';
export { globalConvolution } from './global-convolution';
export { type ImageStatistics, imagenet, normalizeImage, signed } from './image-normalization';
export { initialWeights } from './initial-weights';
export type {
  Activation,
  BorderPair,
  ConvolutionSpec,
  DepthwiseSpec,
  Layer,
  LayerSpec,
  Maps,
  NormSpec,
  SplitLayer,
  TransposedSpec,
  WeightForm,
} from './layer-specs';
export { activate, eachMap } from './maps';
export { NetworkBuilder } from './network-builder';
export {
  type NormalizedConvolution,
  RESNET50,
  RESNET101,
  type ResnetFeatures,
  type ResnetForm,
  resnet,
} from './resnet';
export { TrainableLayers } from './trainable-layers';
export {
  keepKnown,
  roundedSides,
  type TrimapClasses,
  TrimapNetwork,
  trimapClasses,
  trimapLevels,
} from './trimap-network';
