import { customGradient } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';

/**
 * Channels `from` … `from + count − 1`, as a 1×1 convolution with ones and zeros: cutting and joining along
 * the last axis row by row is several times slower on wasm. Exact for finite values. Differentiable.
 */
export function selectChannels(x: tf.Tensor4D, from: number, count: number): tf.Tensor4D {
  return place(x, count, -from);
}

/** The concatenation along the channels, as a sum of 1×1 convolutions: see {@link selectChannels}. */
export function joinChannels(maps: readonly tf.Tensor4D[]): tf.Tensor4D {
  const total = maps.reduce((sum, map) => sum + map.shape[3], 0);
  let from = 0;
  const placed = maps.map((map) => {
    const at = from;
    from += map.shape[3];
    return place(map, total, at);
  });
  return placed.reduce((a, b) => tf.add(a, b));
}

/** Channel c of `x` becomes channel c + shift of `outputs`; those outside are dropped. */
function place(x: tf.Tensor4D, outputs: number, shift: number): tf.Tensor4D {
  const inputs = x.shape[3];
  return customGradient(
    [x],
    (x) => ({ value: placed(x, inputs, outputs, shift) }),
    (dy) => placed(dy, outputs, inputs, -shift),
  );
}

function placed(x: tf.Tensor4D, inputs: number, outputs: number, shift: number): tf.Tensor4D {
  const filter = new Float32Array(inputs * outputs);
  for (let i = Math.max(0, -shift); i < Math.min(inputs, outputs - shift); i++) {
    filter[i * outputs + i + shift] = 1;
  }
  return tf.tidy(() => tf.conv2d(x, tf.tensor4d(filter, [1, 1, inputs, outputs]), 1, 'valid'));
}
