import type * as tf from '@tensorflow/tfjs-core';

/**
 * One map, or several of one size that stand for their concatenation along the channels; `undefined` among
 * them stands for a map of zeros, which costs nothing.
 */
export type Maps = tf.Tensor4D | readonly (tf.Tensor4D | undefined)[];

/** NHWC in, NHWC out; differentiable in the input. */
export type Layer = (x: Maps) => tf.Tensor4D;

/** A layer whose output channels come as several maps. */
export type SplitLayer = (x: Maps) => tf.Tensor4D[];

/** Applied to the output. `'relu'` is fused into the convolution where that is one kernel. */
export type Activation = 'linear' | 'relu' | 'relu6' | ((x: tf.Tensor4D) => tf.Tensor4D);

/** A BatchNorm2d to fold into the layer before it. */
export interface NormSpec {
  /** Its `.weight`, `.bias`, `.running_mean` and `.running_var` are read. */
  readonly name: string;
  /** Default 1e-5, PyTorch's. */
  readonly epsilon?: number | undefined;
  /** How many of the outputs, from the first, it normalises. Default: all. */
  readonly channels?: number | undefined;
}

/** How the weight is stored. */
export type WeightForm =
  /** Under `name.weight`. */
  | 'plain'
  /** Under `name.weight_bar`, with `name.weight_u` and `name.weight_v`, to be divided by uᵀ W v. */
  | 'spectral'
  /** Under `name.weight`, to be standardised per output channel. */
  | 'standardized';

/** Zeros before the first and after the last row and column. */
export type BorderPair = readonly [before: number, after: number];

/** What the kinds of layers have in common. */
export interface LayerSpec {
  /** Side of the kernel, or `[height, width]`. */
  readonly kernel: number | readonly [height: number, width: number];
  /** Default 1. */
  readonly stride?: number;
  /** Whether there is a `name.bias`. Default: there is one exactly when there is no `norm`. */
  readonly bias?: boolean;
  readonly norm?: NormSpec;
  /** Default `'linear'`. */
  readonly activation?: Activation;
  /** Default `'plain'`. */
  readonly weight?: WeightForm;
}

export interface ConvolutionSpec<Outputs extends number | readonly number[]> extends LayerSpec {
  /** Input channels; a list for several maps. */
  readonly inputs: number | readonly number[];
  /** Output channels; a list for several maps. */
  readonly outputs: Outputs;
  /** Default 1. */
  readonly dilation?: number;
  /**
   * As in PyTorch, or apart for [top and left, bottom and right]. Default dilation · (kernel − 1) / 2, which keeps the
   * size at stride 1.
   */
  readonly padding?: number | BorderPair;
  /** The weight is that of a Linear layer, `[outputs, inputs]`; `kernel` is 1. Default false. */
  readonly linear?: boolean;
}

export interface DepthwiseSpec extends LayerSpec {
  readonly channels: number;
  /** Default 1. */
  readonly dilation?: number;
  /** As of a convolution. Default dilation · (kernel − 1) / 2. */
  readonly padding?: number | BorderPair;
}

export interface TransposedSpec extends LayerSpec {
  readonly inputs: number;
  readonly outputs: number;
  /** As in PyTorch. Default 0. */
  readonly padding?: number;
  /** Default 0. */
  readonly outputPadding?: number;
}
