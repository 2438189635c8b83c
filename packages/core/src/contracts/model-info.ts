/** The version of the interfaces in this folder. A model built for another major version is refused. */
export const SPEC_VERSION = 1;

/** What every pluggable part says about itself. */
export interface ModelInfo {
  /** Version of the interface the part implements: {@link SPEC_VERSION}. */
  readonly specVersion: typeof SPEC_VERSION;
  /** Name for reports and error messages, for instance `compact-matting`. */
  readonly name: string;
  /** SPDX identifier or short description of the licence of the weights. */
  readonly license: string;
}

/**
 * Where gradients flow.
 * - `image`: the output can be differentiated with respect to the image.
 * - `none`: a black box; losses that need its gradient are left out, and the result says so.
 */
export type Differentiability = 'image' | 'none';

/** Image sizes a network accepts. The SDK letterboxes to fit. */
export interface InputSizeRule {
  /** Height and width must be multiples of this. Default 1. */
  readonly multipleOf: number;
  /** Smallest accepted side in pixels. */
  readonly min: number;
  /** Largest side in pixels at which the network was shown to work. Larger photos are scaled down to it. */
  readonly max: number;
}
