import { customGradient } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import { chain } from './chain';
import type { LinearMap } from './linear-maps';
import { perChannel, sumOverPixels } from './sum-over-pixels';

export const LEAK = 0.2;
const DEMODULATION_EPSILON = 1e-8;

/** Frozen weights of one modulated convolution, with the gain √2 of the activation folded in. */
export interface StyledWeights {
  readonly map: LinearMap;
  /** Σₖ W², `[in, out]`. */
  readonly squares: tf.Tensor2D;
  /** √2 · bias, `[out]`. */
  readonly bias: tf.Tensor1D;
  /** √2 · strength of the noise. */
  readonly strength: number;
}

/**
 * A layer of the synthesis network (Karras et al., CVPR 2020, section 2.2), modulated convolution, noise, bias and
 * leaky ReLU as one operation:
 *
 *     d = rsqrt(s² Σₖ W² + 1e-8)
 *     y = lrelu(√2 (d · (W ∗ (s · x)) + strength · noise + bias))
 *
 * Scaling the input by the style and the output by d is the modulation of W itself, and works for a whole batch
 * with one shared filter. Written as one operation with its gradient, because a tape of the single steps would
 * keep eight maps per layer where two suffice:
 *
 *     g = ∂y · lrelu′,  ∂noise = √2 strength Σ_c g,  ∂x = s · Wᵀ(√2 d · g)
 *     ∂s = Σ x · Wᵀ(√2 d · g) − s · (W² (q d²)),  q = Σ g · √2 d (W ∗ (s · x)) = Σ ∂y · y − g · √2 (noise + bias)
 *
 * @param x `[N, H, W, in]`
 * @param style `[N, in]`
 * @param noise `[N or 1, H′, W′, 1]`
 */
export function styledConvolution(
  x: tf.Tensor4D,
  style: tf.Tensor2D,
  noise: tf.Tensor4D,
  weights: StyledWeights,
): tf.Tensor4D {
  const { map, squares, bias, strength } = weights;
  return customGradient(
    [x, style, noise],
    (x, s, n) => {
      const [y, d] = tf.tidy((): [tf.Tensor4D, tf.Tensor2D] => {
        const power = tf.matMul(tf.square(s), squares);
        const demodulation = tf.rsqrt(tf.add(power, DEMODULATION_EPSILON)) as tf.Tensor2D;
        const filtered = chain(times(x, perChannel(s)), map.apply);
        const linear = chain(filtered, (u) =>
          times(u, perChannel(tf.mul(demodulation, Math.SQRT2))),
        );
        const noisy = chain(linear, (u) => tf.add(u, tf.mul(n, strength)) as tf.Tensor4D);
        const biased = chain(noisy, (u) => tf.add(u, bias) as tf.Tensor4D);
        return [chain(biased, leakyRelu), demodulation];
      });
      return { value: y, saved: [x, s, n, d, y] };
    },
    (dy, saved) => gradients(dy, saved, weights),
  );
}

/** x, s, the noise, d and y. */
type Saved = readonly [tf.Tensor4D, tf.Tensor2D, tf.Tensor4D, tf.Tensor2D, tf.Tensor4D];

function gradients(
  dy: tf.Tensor4D,
  [x, s, noise, d, y]: Saved,
  weights: StyledWeights,
): [tf.Tensor, tf.Tensor, tf.Tensor] {
  const { map, squares, bias, strength } = weights;
  return tf.tidy(() => {
    const g = chain(tf.step(y, LEAK) as tf.Tensor4D, (slope) => times(dy, slope));
    const perPixel = tf.mul(tf.sum(g, 3, true), strength) as tf.Tensor4D;
    const dNoise = noise.shape[0] < g.shape[0] ? tf.sum(perPixel, 0, true) : perPixel;
    const whole = chain(times(dy, y), sumOverPixels);
    const ofNoise = tf.mul(chain(times(g, noise), sumOverPixels), strength);
    const ofBias = tf.mul(sumOverPixels(g), bias);
    const q = tf.sub(whole, tf.add(ofNoise, ofBias));
    const dFiltered = chain(g, (t) => times(t, perChannel(tf.mul(d, Math.SQRT2))));
    const dModulated = chain(dFiltered, map.adjoint);
    const direct = chain(times(dModulated, x), sumOverPixels);
    const throughD = tf.matMul(tf.mul(q, tf.square(d)) as tf.Tensor2D, squares, false, true);
    const dStyle = tf.sub(direct, tf.mul(s, throughD));
    return [chain(dModulated, (t) => times(t, perChannel(s))), dStyle, dNoise];
  });
}

const times = (x: tf.Tensor4D, factor: tf.Tensor): tf.Tensor4D => tf.mul(x, factor);

/** max(x, 0.2 x). */
export function leakyRelu(x: tf.Tensor4D): tf.Tensor4D {
  return tf.leakyRelu(x, LEAK);
}
