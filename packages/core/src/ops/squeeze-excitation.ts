import * as tf from '@tensorflow/tfjs-core';
import type { ConvolutionWeights } from './convolution';
import { customGradient } from './custom-gradient';
import { channelSums } from './webgpu/channel-sums';
import { slopeWgsl } from './webgpu/depthwise-gradient';
import { elementwise } from './webgpu/elementwise';
import { canExcite, EXCITE, EXCITE_GRADIENT } from './webgpu/excitation-kernels';
import { makerOf, tookSlope } from './webgpu/slopes-ahead';

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
  const layers = excitationOf(x, { squeeze, excite });
  if (layers === undefined) return undefined;
  const { w1, b1, w2, b2, factor } = layers;
  const [, height, width] = x.shape;
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
    const made = makerOf(x);
    return customGradient(
      [x],
      (input) => {
        const { value, saved } = forward(input, input);
        return { value, saved: made === undefined ? saved : [...saved, made.by] };
      },
      (dy, saved: tf.Tensor4D[]) => {
        const everywhere = slopeOfMean(dy, saved);
        const s = saved[2] as tf.Tensor4D;
        if (made === undefined) return scaledAndShifted(dy, s, everywhere);
        // With the slope of the activation that made x.
        const formula = {
          name: `scaledAndShifted${made.slope}`,
          wgsl: `(a * b + c) * ${slopeWgsl(made.slope, 'd')}`,
        };
        const by = saved[3] as tf.Tensor4D;
        const dx = elementwise(formula, [dy, s, everywhere, by]);
        return dx === undefined ? scaledAndShifted(dy, s, everywhere) : tookSlope(dx, x);
      },
    );
  }
  return customGradient([x, z], forward, (dy, saved) => [
    tf.mul(dy, saved[2] as tf.Tensor4D),
    tf.tile(slopeOfMean(dy, saved), [1, height, width, 1]),
  ]);
}

/**
 * x weighed by what the whole of x + y shows, plus y: seven shaders forward and back, where a sum, {@link squeezeExcitation}
 * and a sum are eleven. `undefined` where the backend has none, and for weights of another kind.
 *
 *     p = mean of x + y over places,  s = σ(W₂ max(W₁ p + b₁, 0) + b₂),  z = x · s + y
 *
 * @param x, y of one shape, `[N, H, W, C]`
 */
export function excitedSum(
  x: tf.Tensor4D,
  y: tf.Tensor4D,
  weights: ExcitationWeights,
): tf.Tensor4D | undefined {
  const layers = excitationOf(x, weights);
  if (layers === undefined || !tf.util.arraysEqual(x.shape, y.shape)) return undefined;
  const { w1, b1, w2, b2, factor } = layers;
  return customGradient(
    [x, y],
    (x, y) => {
      const p = channelSums([x, y], factor, 'sum') as tf.Tensor4D;
      const s = tf.engine().runKernel<tf.Tensor4D>(EXCITE, { p, w1, b1, w2, b2 });
      return { value: scaledAndShifted(x, s, y), saved: [x, p, s] as const };
    },
    (dz, [x, p, s]) => {
      const ds = channelSums([dz, x], 1) as tf.Tensor4D;
      const inputs = { ds, s, p, w1, b1, w2 };
      const everywhere = tf.engine().runKernel<tf.Tensor4D>(EXCITE_GRADIENT, inputs, { factor });
      return [scaledAndShifted(dz, s, everywhere), tf.add<tf.Tensor4D>(dz, everywhere)];
    },
  );
}

/** The tensors of two layers that shaders take, and 1 over the number of places. */
function excitationOf(x: tf.Tensor4D, { squeeze, excite }: ExcitationWeights) {
  if (tf.getKernel(EXCITE, tf.getBackend()) === undefined) return undefined;
  const [, height, width, channels] = x.shape;
  const [w1, b1, w2, b2] = [squeeze.filter, squeeze.bias, excite.filter, excite.bias];
  if (b1 === undefined || b2 === undefined || !canExcite(channels, b1.size)) return undefined;
  return { w1, b1, w2, b2, factor: 1 / (height * width) };
}

/** x · s + y, of which s and y may be one for each channel. */
const scaledAndShifted = (x: tf.Tensor4D, s: tf.Tensor4D, y: tf.Tensor4D): tf.Tensor4D =>
  elementwise(SCALED_AND_SHIFTED, [x, s, y]) ?? tf.add(tf.mul(x, s), y);

const SCALED_AND_SHIFTED = { name: 'scaledAndShifted', wgsl: 'a * b + c' };
