import { stopGradient } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { FeatureMap } from '../layers/feature-map';

/** Larger than any squared distance; e to the minus that is 0. */
const FAR = 1e9;
/** Sums that exist at once. */
const CHUNK = 1 << 22;
/** Deviations of the three bells in pixels: 2, 8 and 16 % of 320. */
const DEVIATIONS = [0.02 * 320, 0.08 * 320, 0.16 * 320];

/**
 * How near each pixel is to a class, at three scales: exp(−d² / 2s²) with d the Euclidean distance to its
 * nearest pixel. Zeros where the picture has no pixel of the class. Constant, and computed where the tensors
 * are: WebGPU could not read the trimap synchronously.
 *
 * @param mask `[N, H, W, 1]` of zeros and ones
 * @returns three maps `[N, H, W, 1]`
 */
export function distanceMaps(mask: FeatureMap): FeatureMap[] {
  return stopGradient(() => {
    const squared = squaredDistances(mask);
    return DEVIATIONS.map((s) => tf.exp(tf.mul(squared, -1 / (2 * s * s))) as FeatureMap);
  });
}

/** Exact squared distance to the nearest 1: min over columns, then over rows (Felzenszwalb & Huttenlocher). */
export function squaredDistances(mask: FeatureMap): FeatureMap {
  return tf.tidy(() => {
    const [n, height, width] = mask.shape;
    const start = tf.reshape(tf.mul(tf.sub(1, mask), FAR), [n * height, width]);
    const alongRows = tf.reshape(nearestAlong(start as tf.Tensor2D), [n, height, width]);
    const turned = tf.reshape(tf.transpose(alongRows, [0, 2, 1]), [n * width, height]);
    const both = tf.reshape(nearestAlong(turned as tf.Tensor2D), [n, width, height]);
    return tf.reshape(tf.transpose(both, [0, 2, 1]), [n, height, width, 1]);
  });
}

/** y[r, i] = min over j of x[r, j] + (i − j)². */
function nearestAlong(x: tf.Tensor2D): tf.Tensor2D {
  const [rows, length] = x.shape;
  const places = tf.range(0, length);
  const apart = tf.square(tf.sub(tf.reshape(places, [length, 1]), places));
  const step = Math.max(1, Math.floor(CHUNK / (length * length)));
  const parts: tf.Tensor2D[] = [];
  for (let from = 0; from < rows; from += step) {
    const count = Math.min(step, rows - from);
    parts.push(
      tf.tidy(() => {
        const part = tf.reshape(tf.slice(x, [from, 0], [count, length]), [count, 1, length]);
        return tf.min(tf.add(part, apart), 2);
      }),
    );
  }
  return tf.concat(parts, 0);
}
