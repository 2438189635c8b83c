import type { Random } from '@latent-matte/core';
import { BASE_SIDE } from '@latent-matte/models/internals';
import * as tf from '@tensorflow/tfjs-core';
import { baseCode } from './encoder';
import type { Faces } from './faces';
import type { Variables } from './synthesis';

/** Standard deviation of the shared codes of the faces along each axis. */
export function codeSpread(faces: Faces, encoder: Variables): Float32Array {
  return tf.tidy(() => {
    const all = Array.from({ length: 2 * faces.count }, (_, i) => i);
    const codes = baseCode(encoder, faces.batch(all, BASE_SIDE));
    return tf.sqrt(tf.mean(tf.square(codes), 0)).dataSync() as Float32Array;
  });
}

/** Random codes, the same in every row. `[count, rows, styleSize]` */
export function drawCodes(
  random: Random,
  spread: Float32Array,
  count: number,
  rows: number,
): tf.Tensor3D {
  const values = random.normals(count * spread.length);
  const codes = tf.mul(tf.tensor3d(values, [count, 1, spread.length]), tf.tensor1d(spread));
  return tf.tile(codes, [1, rows, 1]) as tf.Tensor3D;
}
