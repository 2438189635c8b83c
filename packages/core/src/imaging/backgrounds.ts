import * as tf from '@tensorflow/tfjs-core';
import { resize } from '../ops';
import type { Random } from '../random';

/**
 * A smooth random scene for re-compositing, where no photographs are at hand: colour noise at three scales.
 *
 * ```ts
 * import { createRandom } from '@latent-matte/core';
 * import { randomBackground } from '@latent-matte/core/ops';
 *
 * const scene = randomBackground(createRandom(7), 64, 96);
 * console.log(scene.shape); // [1, 64, 96, 3]
 * ```
 *
 * @returns RGB `[1, height, width, 3]` in [0, 1]
 */
export function randomBackground(random: Random, height: number, width: number): tf.Tensor4D {
  return tf.tidy(() => {
    const octaves: [side: number, strength: number][] = [
      [2, 0.22],
      [5, 0.12],
      [16, 0.06],
    ];
    const layers = octaves.map(([side, strength]) => {
      const grid = tf.tensor4d(random.normals(side * side * 3), [1, side, side, 3]);
      return tf.mul(resize(grid, [height, width]), strength);
    });
    return tf.clipByValue(tf.add(tf.addN(layers), 0.5), 0, 1) as tf.Tensor4D;
  });
}
