import { boxFilter } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';

/** Lengths in pixels are those of a portrait of this longest side. */
const SIDE = 512;
/** Over which softness is looked at. */
const SOFT_AROUND = 8;

/** A length given for a portrait of 512, in pixels of one of this size; at least 1. */
export function atSize(pixels: number, height: number, width: number): number {
  return Math.max(1, Math.round((pixels * Math.max(height, width)) / SIDE));
}

/** Two box filters: a triangle that reaches `radius` pixels to each side. */
export function smooth(x: tf.Tensor4D, radius: number): tf.Tensor4D {
  return tf.tidy(() => boxFilter(boxFilter(x, radius | 1), radius | 1));
}

/**
 * How much of a change is shown: 1 on the edge of a matte, falling smoothly to 0 `band` pixels away from it,
 *
 *     w = 4 m (1 − m),   m = the matte smoothed over `band`.
 *
 * @param alpha `[1, H, W, 1]` in [0, 1]
 * @param band pixels of a portrait of 512
 * @returns `[1, H, W, 1]` in [0, 1]
 */
export function bandAlong(alpha: tf.Tensor4D, band: number): tf.Tensor4D {
  return tf.tidy(() => {
    const [, height, width] = alpha.shape;
    const mean = tf.clipByValue(smooth(alpha, atSize(band, height, width)), 0, 1);
    return tf.mul(4, tf.mul(mean, tf.sub(1, mean))) as tf.Tensor4D;
  });
}

/**
 * How crisp the edge of a matte is: 1 where little of the neighbourhood is soft, 0 inside of hair,
 *
 *     c = max(0, 1 − fade · s),   s = 4 α (1 − α) smoothed over 8 pixels of a portrait of 512.
 *
 * A person's outline of 2 pixels has s ≈ 0.1, loose hair 0.3 and more.
 *
 * @param alpha `[1, H, W, 1]` in [0, 1]
 * @returns `[1, H, W, 1]` in [0, 1]
 */
export function crispness(alpha: tf.Tensor4D, fade: number): tf.Tensor4D {
  return tf.tidy(() => {
    const [, height, width] = alpha.shape;
    const soft = tf.mul(4, tf.mul(alpha, tf.sub(1, alpha))) as tf.Tensor4D;
    const around = smooth(soft, atSize(SOFT_AROUND, height, width));
    return tf.clipByValue(tf.sub(1, tf.mul(fade, around)), 0, 1) as tf.Tensor4D;
  });
}
