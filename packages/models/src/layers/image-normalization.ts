import * as tf from '@tensorflow/tfjs-core';

/** Mean and standard deviation per channel, for images in [0, 1]. */
export interface ImageStatistics {
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

/** Of ImageNet, as torchvision's networks expect it. */
export const imagenet: ImageStatistics = {
  mean: [0.485, 0.456, 0.406],
  deviation: [0.229, 0.224, 0.225],
};

/** Of networks that take RGB in [−1, 1]. */
export const signed: ImageStatistics = { mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] };

/** RGB `[N, H, W, 3]` in [0, 1] → (image − mean) / deviation. */
export function normalizeImage(
  image: tf.Tensor4D,
  { mean, deviation }: ImageStatistics = imagenet,
): tf.Tensor4D {
  return tf.tidy(() => {
    const scale = tf.tensor1d(deviation.map((d) => 1 / d));
    const offset = tf.tensor1d(mean.map((m, c) => -m / deviation[c]));
    return tf.add(tf.mul(image, scale), offset) as tf.Tensor4D;
  });
}
