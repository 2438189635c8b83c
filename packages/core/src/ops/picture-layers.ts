import type * as tf from '@tensorflow/tfjs-core';

/** What a layered picture is made of: RGB `[1, H, W, 3]`, alpha and band `[1, H, W, 1]`. */
export interface PictureLayers {
  readonly image: tf.Tensor4D;
  readonly alpha: tf.Tensor4D;
  readonly foreground: tf.Tensor4D;
  readonly background: tf.Tensor4D;
  /** How much of the change is shown; 0 where there is none. */
  readonly band: tf.Tensor4D;
}
