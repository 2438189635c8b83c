import { customGradient, upfirdn2d } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import { chain } from './chain';
import { perChannel, sumOverPixels } from './sum-over-pixels';

/** Frozen weights of one `toRGB`. */
export interface ToRgbWeights {
  /** W / √in, `[in, 3]`. */
  readonly filter: tf.Tensor2D;
  /** The same, `[3, in]`. */
  readonly transposed: tf.Tensor2D;
  /** `[3]`. */
  readonly bias: tf.Tensor1D;
}

const FIR = [1 / 4, 3 / 4, 3 / 4, 1 / 4];

/**
 * 1×1 modulated convolution without demodulation, `y = W (s · x) + bias`.
 *
 * @param x `[N, H, W, in]`
 * @param style `[N, in]`
 * @returns `[N, H, W, 3]`
 */
export function toRgb(x: tf.Tensor4D, style: tf.Tensor2D, weights: ToRgbWeights): tf.Tensor4D {
  return customGradient(
    [x, style],
    (x, s) => ({
      value: tf.tidy(
        (): tf.Tensor4D =>
          tf.add(
            chain(tf.mul(x, perChannel(s)) as tf.Tensor4D, (t) => mix(t, weights.filter)),
            weights.bias,
          ),
      ),
      saved: [x, s],
    }),
    (dy, [x, s]) =>
      tf.tidy((): [tf.Tensor, tf.Tensor] => {
        const dModulated = mix(dy, weights.transposed);
        const dStyle = chain(tf.mul(dModulated, x) as tf.Tensor4D, sumOverPixels);
        return [chain(dModulated, (t) => tf.mul(t, perChannel(s))), dStyle];
      }),
  );
}

/** Doubles the size with the 4×4 low-pass; zeros outside (`upsample2d`). */
export function upsample(image: tf.Tensor4D): tf.Tensor4D {
  return upfirdn2d(image, FIR, { up: 2, padding: [2, 1, 2, 1] });
}

/** A 1×1 convolution as a matrix product. */
function mix(x: tf.Tensor4D, filter: tf.Tensor2D): tf.Tensor4D {
  const [n, height, width, channels] = x.shape;
  const y = tf.matMul(tf.reshape(x, [n * height * width, channels]), filter);
  return tf.reshape(y, [n, height, width, filter.shape[1]]);
}
