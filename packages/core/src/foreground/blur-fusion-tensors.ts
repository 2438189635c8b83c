import * as tf from '@tensorflow/tfjs-core';
import type { PortraitLayers } from '../contracts';
import { boxFilter } from '../ops/box-filter';
import { BLUR_FUSION_EPSILON, type BlurFusionOptions, blurFusionSizes } from './blur-fusion';

/**
 * `estimateBlurFusion` in tensor operations: nothing is read back, and gradients flow to image and alpha.
 *
 * ```ts
 * import { blurFusionOnTensors, rgbTensor } from '@latent-matte/core/ops';
 * import { mockComposite } from '@latent-matte/core/testing';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const { image, alpha } = mockComposite(64, 64);
 * const matte = tf.tensor4d(alpha.data, [1, 64, 64, 1]);
 * const { foreground, background } = blurFusionOnTensors(rgbTensor(image), matte);
 * console.log(foreground.shape); // [1, 64, 64, 3]
 * ```
 *
 * @param image RGB `[1, H, W, 3]`. @param alpha `[1, H, W, 1]`.
 */
export function blurFusionOnTensors(
  image: tf.Tensor4D,
  alpha: tf.Tensor4D,
  { sizes = blurFusionSizes, background = 'fused' }: BlurFusionOptions = {},
): PortraitLayers {
  const [foreground, back] = tf.tidy(() => {
    const outside = tf.sub(1, alpha) as tf.Tensor4D;
    let [F, B] = [image, image];
    for (const [pass, size] of sizes.entries()) {
      const share = boxFilter(alpha, size);
      const mean = (product: tf.Tensor4D, weight: tf.Tensor) =>
        tf.div(boxFilter(product, size), tf.add(weight, BLUR_FUSION_EPSILON)) as tf.Tensor4D;
      const f = mean(tf.mul(F, alpha), share);
      const b = mean(tf.mul(B, outside), tf.sub(1, share));
      const rest = tf.sub(image, tf.mul(outside, b));
      F = clip(tf.add(f, tf.mul(alpha, tf.sub(rest, tf.mul(alpha, f)))));
      const fuse = background === 'fused' && pass === sizes.length - 1;
      B = clip(fuse ? tf.add(b, tf.mul(outside, tf.sub(rest, tf.mul(alpha, F)))) : b);
    }
    return [F, B];
  });
  return { foreground, background: back };
}

const clip = (x: tf.Tensor): tf.Tensor4D => tf.clipByValue(x, 0, 1) as tf.Tensor4D;
