import * as tf from '@tensorflow/tfjs-core';

/**
 * Noise regularisation of StyleGAN2's projector (Karras et al., CVPR 2020, appendix D): at every level of a
 * 2×2-averaged pyramid down to 8×8, the squared correlation of a noise map with itself shifted by one
 * pixel. Zero for white noise; keeps the image out of the noise maps.
 *
 * ```ts
 * import { noiseRegularization } from '@latent-matte/core/ops';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * console.log(await noiseRegularization([tf.randomNormal([1, 64, 64, 1])]).array()); // close to 0
 * console.log(await noiseRegularization([tf.ones([1, 8, 8, 1])]).array()); // 1 for each axis: 2
 * ```
 *
 * @param noise maps `[N, H, W, 1]`, square, sides powers of two
 * @returns scalar ≥ 0, summed over maps and levels
 */
export function noiseRegularization(noise: readonly tf.Tensor4D[]): tf.Scalar {
  return tf.tidy(() => {
    const terms: tf.Tensor[] = [];
    for (const map of noise) {
      let level = map;
      for (;;) {
        terms.push(tf.square(tf.mean(tf.mul(level, roll(level, 2)))));
        terms.push(tf.square(tf.mean(tf.mul(level, roll(level, 1)))));
        if (level.shape[1] <= 8) break;
        level = tf.avgPool(level, 2, 2, 'valid');
      }
    }
    return tf.addN(terms) as tf.Scalar;
  });
}

/** Shifts by one along an axis; what leaves at the end comes back at the start. */
function roll(x: tf.Tensor4D, axis: 1 | 2): tf.Tensor4D {
  const length = x.shape[axis];
  const [rest, last] = tf.split(x, [length - 1, 1], axis) as [tf.Tensor4D, tf.Tensor4D];
  return tf.concat([last, rest], axis);
}

/**
 * Noise maps with mean 0 and root mean square 1, as the projector restores after each step.
 *
 * ```ts
 * import { normalizeNoise } from '@latent-matte/core/ops';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const map = normalizeNoise(tf.tensor4d([0, 4, 0, 4], [1, 2, 2, 1]));
 * console.log(await map.data()); // [-1, 1, -1, 1]
 * ```
 */
export function normalizeNoise(map: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => {
    const centered = tf.sub(map, tf.mean(map));
    return tf.div(centered, tf.sqrt(tf.mean(tf.square(centered)))) as tf.Tensor4D;
  });
}
