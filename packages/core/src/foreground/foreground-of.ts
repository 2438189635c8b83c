import * as tf from '@tensorflow/tfjs-core';
import type { FloatImage, ForegroundEstimator, RasterImage } from '../contracts';
import { readTensor, rgbTensor, toFloatImage } from '../imaging/raster';

/** The foreground colours of a large picture, in as little memory as the estimator can. */
export async function leanForegroundOf(
  estimator: ForegroundEstimator,
  image: RasterImage,
  alpha: FloatImage,
): Promise<FloatImage> {
  return estimator.estimateForeground === undefined
    ? await foregroundOf(estimator, toFloatImage(image), alpha)
    : await estimator.estimateForeground(image, alpha);
}

/** The foreground colours of a plain picture: on plain data where the estimator can, else on tensors. */
export async function foregroundOf(
  estimator: ForegroundEstimator,
  image: FloatImage,
  alpha: FloatImage,
): Promise<FloatImage> {
  if (estimator.estimateImage !== undefined) {
    return (await estimator.estimateImage(image, alpha)).foreground;
  }
  const tensors = [rgbTensor(image), tf.tensor4d(alpha.data, [1, alpha.height, alpha.width, 1])];
  try {
    const layers = await estimator.estimate(tensors[0], tensors[1]);
    tensors.push(layers.foreground, layers.background);
    return await readTensor(layers.foreground);
  } finally {
    tf.dispose(tensors);
  }
}
