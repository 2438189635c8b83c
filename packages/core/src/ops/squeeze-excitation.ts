import * as tf from '@tensorflow/tfjs-core';
import type { ConvolutionWeights } from './convolution';
import { customGradient } from './custom-gradient';
import { channelSums } from './webgpu/channel-sums';
import { elementwise } from './webgpu/elementwise';
import { canExcite, EXCITE, EXCITE_GRADIENT } from './webgpu/excitation-kernels';

/** Two 1×1 convolutions, relu behind the first, a sigmoid behind the second; both with a bias. */
export interface ExcitationWeights {
  readonly squeeze: ConvolutionWeights;
  readonly excite: ConvolutionWeights;
}

/**
 * Squeeze and excitation (Hu et al., CVPR 2018) by frozen weights, as few shaders of a GPU: six forward and back, where
 * the operations one by one are thirteen. `undefined` where the backend has none, and for weights of another kind.
 *
 *     p = mean of z over places,  s = σ(W₂ max(W₁ p + b₁, 0) + b₂),  y = x · s
 *
 * @param x what is weighed, `[N, H, W, C]`
 * @param z what decides, of the same shape; often x itself
 */
export function squeezeExcitation(
  x: tf.Tensor4D,
  z: tf.Tensor4D,
  { squeeze, excite }: ExcitationWeights,
): tf.Tensor4D | undefined {
  if (tf.getKernel(EXCITE, tf.getBackend()) === undefined) return undefined;
  const [, height, width, channels] = x.shape;
  const [w1, b1, w2, b2] = [squeeze.filter, squeeze.bias, excite.filter, excite.bias];
  if (b1 === undefined || b2 === undefined || !canExcite(channels, b1.size)) return undefined;
  const factor = 1 / (height * width);
  const forward = (input: tf.Tensor4D, decides: tf.Tensor4D) => {
    const p = channelSums([decides], factor) as tf.Tensor4D;
    const s = tf.engine().runKernel<tf.Tensor4D>(EXCITE, { p, w1, b1, w2, b2 });
    return { value: tf.mul<tf.Tensor4D>(input, s), saved: [input, p, s] as const };
  };
  const slopeOfMean = (dy: tf.Tensor4D, [input, p, s]: readonly tf.Tensor4D[]) => {
    const ds = channelSums([dy, input!], 1) as tf.Tensor4D;
    const inputs = { ds, s: s!, p: p!, w1, b1, w2 };
    return tf.engine().runKernel<tf.Tensor4D>(EXCITE_GRADIENT, inputs, { factor });
  };
  if (x === z) {
    return customGradient(
      [x],
      (input) => forward(input, input),
      (dy, saved) => {
        const everywhere = slopeOfMean(dy, saved);
        const s = saved[2] as tf.Tensor4D;
        return (
          elementwise(SCALED_AND_SHIFTED, [dy, s, everywhere]) ?? tf.add(tf.mul(dy, s), everywhere)
        );
      },
    );
  }
  return customGradient([x, z], forward, (dy, saved) => [
    tf.mul(dy, saved[2] as tf.Tensor4D),
    tf.tile(slopeOfMean(dy, saved), [1, height, width, 1]),
  ]);
}

const SCALED_AND_SHIFTED = { name: 'scaledAndShifted', wgsl: 'a * b + c' };
