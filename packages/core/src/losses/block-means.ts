import type * as tf from '@tensorflow/tfjs-core';
import { adaptiveAveragePool } from '../ops/pooling';

/**
 * What the perceptual term of StyleGAN2's projector and of the paper's authors looks at: a picture larger than `size`
 * is replaced by the means of the blocks that one pixel of a `size`² picture covers; a smaller one is left as it is.
 * (The authors' code knows no picture of up to 256 pixels: it stops there with a NameError.)
 *
 * ```ts
 * import { blockMeans } from '@latent-matte/core/ops';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * console.log(blockMeans(tf.ones([1, 512, 128, 3])).shape); // [1, 256, 128, 3]
 * ```
 *
 * @param image `[N, H, W, C]`
 * @param size default 256
 * @returns `[N, min(H, size), min(W, size), C]`
 */
export function blockMeans(image: tf.Tensor4D, size = 256): tf.Tensor4D {
  const [, height, width] = image.shape;
  return adaptiveAveragePool(image, [Math.min(height, size), Math.min(width, size)]);
}
