import { customGradient, upfirdn2d } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';

const LEAK = 0.2;
const FIR = [1 / 8, 3 / 8, 3 / 8, 1 / 8];

/** How a filter is used: at the size of the map, to twice the size, or to half of it. */
export type Sampling = 'same' | 'up' | 'down';

/** y = K x with its two adjoints, as forward kernels: faster by far than the stock gradient on the CPU. */
interface FilterMap {
  apply(x: tf.Tensor4D, filter: tf.Tensor4D): tf.Tensor4D;
  toInput(dy: tf.Tensor4D, filter: tf.Tensor4D, x: tf.Tensor4D): tf.Tensor4D;
  toFilter(x: tf.Tensor4D, dy: tf.Tensor4D, filter: tf.Tensor4D): tf.Tensor4D;
}

const correlated = (
  x: tf.Tensor4D,
  dy: tf.Tensor4D,
  filter: tf.Tensor4D,
  stride: number,
  pad: 'same' | 'valid',
): tf.Tensor4D =>
  tf.engine().runKernel(
    tf.Conv2DBackpropFilter,
    { x, dy },
    {
      strides: [stride, stride],
      pad,
      dataFormat: 'NHWC',
      dimRoundingMode: undefined as unknown as string,
      filterShape: filter.shape,
    },
  ) as tf.Tensor4D;

const MAPS: Readonly<Record<Sampling, FilterMap>> = {
  /** Filter `[k, k, in, out]`. */
  same: {
    apply: (x, filter) => tf.conv2d(x, filter, 1, 'same'),
    toInput: (dy, filter) => {
      const rotated = tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]);
      return tf.conv2d(dy, rotated as tf.Tensor4D, 1, 'same');
    },
    toFilter: (x, dy, filter) => correlated(x, dy, filter, 1, 'same'),
  },
  /** Transposed convolution of stride 2, H → 2H + 1. Filter `[k, k, out, in]`. */
  up: {
    apply: (x, filter) => {
      const [n, height, width] = x.shape;
      const size = [n, 2 * height + 1, 2 * width + 1, filter.shape[2]] as const;
      return tf.conv2dTranspose(x, filter, [...size], 2, 'valid');
    },
    toInput: (dy, filter) => tf.conv2d(dy, filter, 2, 'valid'),
    toFilter: (x, dy, filter) => correlated(dy, x, filter, 2, 'valid'),
  },
  /** Stride 2 without padding, 2H + 1 → H. Filter `[k, k, in, out]`. */
  down: {
    apply: (x, filter) => tf.conv2d(x, filter, 2, 'valid'),
    toInput: (dy, filter, x) => tf.conv2dTranspose(dy, filter, x.shape, 2, 'valid'),
    toFilter: (x, dy, filter) => correlated(x, dy, filter, 2, 'valid'),
  },
};

/** A convolution whose filter is trained: gradients to the map and to the filter. */
export function filtered(x: tf.Tensor4D, filter: tf.Tensor4D, sampling: Sampling): tf.Tensor4D {
  const map = MAPS[sampling];
  return customGradient(
    [x, filter],
    (x, filter) => ({ value: map.apply(x, filter), saved: [x, filter] }),
    (dy, [x, filter]) => [map.toInput(dy, filter, x), map.toFilter(x, dy, filter)],
  );
}

/** √2 lrelu(x + bias), one map kept. */
export function activated(x: tf.Tensor4D, bias: tf.Tensor): tf.Tensor4D {
  return customGradient(
    [x, bias],
    (x, b) => {
      const y = tf.tidy(() => tf.leakyRelu(tf.mul(tf.add(x, b), Math.SQRT2), LEAK) as tf.Tensor4D);
      return { value: y, saved: [y] };
    },
    (dy, [y]) => {
      const g = tf.mul(dy, slope(y));
      return [g, tf.sum(g, [0, 1, 2])];
    },
  );
}

/** Weights of one modulated convolution, as tensors or variables. */
export interface TrainableStyledWeights {
  /** Scaled by 1/√fan-in already; `[3, 3, in, out]`, for `up` `[3, 3, out, in]`. */
  readonly filter: tf.Tensor4D;
  /** `[out]` */
  readonly bias: tf.Tensor;
  /** Strength of the noise, `[1]`. */
  readonly strength: tf.Tensor;
}

/**
 * As `styledConvolution` of the generator, with gradients to its weights too:
 * √2 lrelu(d (W ∗ (s · x)) + strength · noise + bias), d = rsqrt(s² Σₖ W² + 1e-8).
 *
 * @param noise `[N, H′, W′, 1]`
 */
export function trainableStyledConvolution(
  x: tf.Tensor4D,
  style: tf.Tensor2D,
  noise: tf.Tensor4D,
  { filter, bias, strength }: TrainableStyledWeights,
  up: boolean,
): tf.Tensor4D {
  const taps = tf.sum(tf.square(filter), [0, 1]);
  const squares = (up ? tf.transpose(taps) : taps) as tf.Tensor2D;
  const demodulation = tf.rsqrt(tf.add(tf.matMul(tf.square(style), squares), 1e-8));
  const modulated = scaledChannels(x, style);
  const convolved = up
    ? upfirdn2d(filtered(modulated, filter, 'up'), FIR, { padding: 1, gain: 4 })
    : filtered(modulated, filter, 'same');
  return customGradient(
    [convolved, demodulation as tf.Tensor2D, noise, strength, bias],
    (u, d, n, a, b) => {
      const y = tf.tidy(() => {
        const linear = tf.mul(u, perChannel(tf.mul(d, Math.SQRT2)));
        const noisy = tf.add(linear, tf.mul(n, tf.mul(a, Math.SQRT2)));
        return tf.leakyRelu(tf.add(noisy, tf.mul(b, Math.SQRT2)), LEAK) as tf.Tensor4D;
      });
      return { value: y, saved: [u, d, n, a, y] };
    },
    (dy, [u, d, n, a, y]) => {
      const g = tf.mul(dy, slope(y));
      const perPixel = tf.sum(g, 3, true);
      return [
        tf.mul(g, perChannel(d)),
        tf.sum(tf.mul(g, u), [1, 2]),
        tf.mul(perPixel, a),
        tf.reshape(tf.sum(tf.mul(perPixel, n)), [1]),
        tf.sum(g, [0, 1, 2]),
      ];
    },
  );
}

/** √2 or √2 · 0.2 by the sign of y: a product and a clip, where `tf.step` costs five times as much on the CPU. */
function slope(y: tf.Tensor): tf.Tensor {
  return tf.clipByValue(tf.mul(y, 1e30), LEAK * Math.SQRT2, Math.SQRT2);
}

/** s · x with one factor per picture and channel. */
export function scaledChannels(x: tf.Tensor4D, style: tf.Tensor2D): tf.Tensor4D {
  return customGradient(
    [x, style],
    (x, s) => ({ value: tf.mul(x, perChannel(s)) as tf.Tensor4D, saved: [x, s] }),
    (dy, [x, s]) => [tf.mul(dy, perChannel(s)), tf.sum(tf.mul(dy, x), [1, 2])],
  );
}

function perChannel(x: tf.Tensor2D): tf.Tensor4D {
  return tf.reshape(x, [x.shape[0], 1, 1, x.shape[1]]);
}
