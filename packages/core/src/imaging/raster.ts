import * as tf from '@tensorflow/tfjs-core';
import type { FloatImage, RasterImage } from '../contracts';
import { clipUnit } from './clip-unit';
import { opaqueRgb, toFloatImage } from './plain-raster';

// Checks and conversions without a tensor are apart: pages whose worker computes load them alone.
export {
  assertMapOf,
  assertRaster,
  assertSameSize,
  fromImageData,
  opaqueRgb,
  toFloatImage,
} from './plain-raster';

/**
 * RGB `[1, H, W, 3]` in [0, 1], as `opaqueRgb`.
 *
 * ```ts
 * import { rgbTensor } from '@latent-matte/core/ops';
 *
 * const data = Uint8Array.of(255, 0, 0, 0, 0, 255);
 * const x = rgbTensor({ width: 2, height: 1, channels: 3, data });
 * console.log(x.shape, await x.data()); // [1, 1, 2, 3] [1, 0, 0, 0, 0, 1]
 * ```
 */
export function rgbTensor(image: RasterImage): tf.Tensor4D {
  const { width, height, data } = opaqueRgb(toFloatImage(image));
  return tf.tensor4d(data, [1, height, width, 3]);
}

/**
 * `[1, H, W, C]` with C = 1, 3 or 4 → plain data, clipped to [0, 1]. The tensor is not disposed.
 *
 * ```ts
 * import { readTensor } from '@latent-matte/core/ops';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const { width, channels, data } = await readTensor(tf.tensor4d([-0.5, 0.5, 2], [1, 1, 3, 1]));
 * console.log(width, channels, data); // 3 1 [0, 0.5, 1]
 * ```
 */
export async function readTensor(tensor: tf.Tensor4D): Promise<FloatImage> {
  const [, height, width, channels] = tensor.shape;
  const values = (await tensor.data()) as Float32Array;
  const data = new Float32Array(values.length);
  for (let i = 0; i < data.length; i++) data[i] = clipUnit(values[i]);
  return { width, height, channels: channels as 1 | 3 | 4, data };
}
