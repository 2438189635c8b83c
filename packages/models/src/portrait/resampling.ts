import { averagePool, resize } from '@latent-matte/core/ops';
import type * as tf from '@tensorflow/tfjs-core';

/** Bilinear ×2 with half-pixel centres, `[N, H, W, C]` → `[N, 2H, 2W, C]`. */
export function double(x: tf.Tensor4D): tf.Tensor4D {
  return resize(x, [2 * x.shape[1], 2 * x.shape[2]]);
}

/** Mean of 2×2 blocks, `[N, H, W, C]` → `[N, H/2, W/2, C]`; H and W even. */
export const halve = (x: tf.Tensor4D): tf.Tensor4D => averagePool(x, { size: 2 });
