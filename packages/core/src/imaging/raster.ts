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

/** RGB `[1, H, W, 3]` in [0, 1], as `opaqueRgb`. */
export function rgbTensor(image: RasterImage): tf.Tensor4D {
  const { width, height, data } = opaqueRgb(toFloatImage(image));
  return tf.tensor4d(data, [1, height, width, 3]);
}

/** `[1, H, W, C]` with C = 1, 3 or 4 → plain data, clipped to [0, 1]. The tensor is not disposed. */
export async function readTensor(tensor: tf.Tensor4D): Promise<FloatImage> {
  const [, height, width, channels] = tensor.shape;
  const values = (await tensor.data()) as Float32Array;
  const data = new Float32Array(values.length);
  for (let i = 0; i < data.length; i++) data[i] = clipUnit(values[i]);
  return { width, height, channels: channels as 1 | 3 | 4, data };
}
