/** Pictures are resized to what a model asks for: no network of this field sees more, and a file may ask for anything. */
export const LARGEST_SIDE = 4096;

/** How a network wants its picture. Every field has a default; the defaults describe RGB NHWC in [0, 1]. */
export interface NetworkInput {
  /** Name of the input in a graph, where it has several. */
  readonly name?: string;
  /** Default `'NHWC'` (`fromOnnx`: `'NCHW'`). */
  readonly layout?: 'NHWC' | 'NCHW';
  /** Default `'rgb'`. */
  readonly colors?: 'rgb' | 'bgr';
  /** What 0 and 1 of the picture become, before `mean` and `std`. Default `[0, 1]`. */
  readonly range?: readonly [black: number, white: number];
  /** Subtracted per channel, in the network's channel order and in units of `range`. Default 0. */
  readonly mean?: readonly number[];
  /** Divides per channel, after `mean`. Default 1. */
  readonly std?: readonly number[];
  /** Default: any size from 32 to 2048. */
  readonly size?: FreeSize | FixedSize;
}

/** A network that takes any size of a grid. Pictures off the grid are resized to it, and the answer back. */
export interface FreeSize {
  /** Default 1. */
  readonly multipleOf?: number;
  /** Smallest side in pixels. Default 32, or `multipleOf` when that is larger. */
  readonly min?: number;
  /** Largest side in pixels. Default 2048. */
  readonly max?: number;
}

/** A network that takes one size only. */
export interface FixedSize {
  readonly fixed: readonly [height: number, width: number];
  /**
   * `'letterbox'` keeps the proportions and repeats the border around the picture; `'stretch'` does not. Default
   * `'letterbox'`.
   */
  readonly fit?: 'letterbox' | 'stretch';
}

/**
 * How a network is given a trimap: as further channels of the picture, after them, or as an input of its own
 * (`name`; the second argument of a function). `'levels'` is one channel whose background, unknown and foreground
 * are `values`; `'one-hot'` is three channels of 0 and `values[2]`, in the order background, unknown, foreground.
 */
export interface TrimapInput {
  /** Default `'levels'`. */
  readonly encoding?: 'levels' | 'one-hot';
  /** Default `[0, 0.5, 1]`. */
  readonly values?: readonly [background: number, unknown: number, foreground: number];
  /** Default: `'channels'`. */
  readonly as?: 'channels' | 'input';
  /** Name of that input in a graph. */
  readonly name?: string;
}

/** Where in the network's answer the map is. */
export interface NetworkOutput {
  /** Name of the output in a graph, or its place in a list. Default: the first. */
  readonly name?: string | number;
  /** Default: that of the input. Answers of rank 3 are `[N, H, W]`. */
  readonly layout?: 'NHWC' | 'NCHW';
}

interface Description {
  /** For reports and error messages. */
  readonly name: string;
  /** SPDX identifier or short description of the licence of the weights. Default `'unknown'`. */
  readonly license?: string;
  readonly input?: NetworkInput;
  /**
   * `'image'`: every operation has a right gradient. `'none'`: a black box, which judges but gives no gradient.
   * Default `'image'`.
   */
  readonly differentiable?: 'image' | 'none';
}

/** A network whose answer is alpha. */
export interface MattingDescription extends Description {
  readonly kind: 'matting';
  readonly output?: NetworkOutput & {
    /** The channel that is alpha; with `'softmax'`, the class of the person. Default 0 (`'softmax'`: 1). */
    readonly channel?: number;
    /** What turns the answer into alpha. Default `'none'`. */
    readonly activation?: 'none' | 'sigmoid' | 'softmax';
    /** The values, after the activation, that mean background and foreground. Default `[0, 1]`. */
    readonly range?: readonly [background: number, foreground: number];
  };
  /** Given when the network needs a trimap. Known pixels of it replace the answer unless `keepKnown` is false. */
  readonly trimap?: TrimapInput & { readonly keepKnown?: boolean };
}

/** A network whose answer tells background, unknown and foreground apart, or at least where the person is. */
export interface TrimapDescription extends Description {
  readonly kind: 'trimap';
  readonly output?: NetworkOutput & {
    /** Default `'logits'`. */
    readonly values?: 'logits' | 'probabilities';
    /** Channels of background, unknown and foreground. Default `[0, 1, 2]`. */
    readonly classes?: readonly [background: number, unknown: number, foreground: number];
    /**
     * Instead of `classes`, for a person segmenter: the channel of the person, and the log-odds below which a pixel
     * is unknown (default 2). One channel alone is the person's own logit or probability. `band` widens the unknown
     * by that many pixels of the network's map (default 0): a pixel is known where all of them are.
     */
    readonly person?: {
      readonly channel: number;
      readonly margin?: number;
      readonly band?: number;
    };
  };
}

export type AdapterDescription = MattingDescription | TrimapDescription;
