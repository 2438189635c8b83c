import { upfirdn2d } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import { chain } from './chain';
import { adjointHwio, hwio } from './layouts';
import { SummedConvolution } from './summed-convolution';

/** A linear map with frozen weights and its adjoint, both as forward operations. Owned by the caller. */
export interface LinearMap {
  apply(x: tf.Tensor4D): tf.Tensor4D;
  adjoint(dy: tf.Tensor4D): tf.Tensor4D;
  dispose(): void;
}

/** PyTorch's `[out, in, kh, kw]`. */
type FilterShape = readonly [number, number, number, number];

/** The low-pass of StyleGAN2, both axes. */
const FIR = [1 / 8, 3 / 8, 3 / 8, 1 / 8];

/** Stride-1 convolution of the map's own size, times `scale`. */
export function sameConvolution(
  values: Float32Array,
  shape: FilterShape,
  scale: number,
): LinearMap {
  const [output, input, height, width] = shape;
  const filter = new SummedConvolution(hwio(values, shape, scale), [height, width, input, output]);
  const adjoint = tf.tensor4d(adjointHwio(values, shape, scale), [height, width, output, input]);
  return {
    apply: (x) => filter.run(x, 1, 'same'),
    adjoint: (dy) => tf.conv2d(dy, adjoint, 1, 'same'),
    dispose: () => {
      filter.dispose();
      adjoint.dispose();
    },
  };
}

/**
 * 3×3 transposed convolution of stride 2 without padding, 4×4 low-pass with gain 4 and padding 1: H → 2H
 * (`Conv0_up`).
 *
 * @param shape `[out, in, 3, 3]`, used without a flip
 */
export function upConvolution(values: Float32Array, shape: FilterShape, scale: number): LinearMap {
  const [output, input] = shape;
  // PyTorch's transposed convolution has the coarse channels first: [in, out, kh, kw].
  const coarseFirst = swapChannels(values, shape);
  const map = new StridedPair(coarseFirst, [input, output, 3, 3], scale * 4);
  return {
    apply: (x) => chain(map.up(x), (u) => upfirdn2d(u, FIR, { padding: [1, 0, 1, 0] })),
    adjoint: (dy) => chain(upfirdn2d(dy, FIR, { padding: 2 }), (u) => map.down(u)),
    dispose: () => map.dispose(),
  };
}

/**
 * Padding 2, 4×4 low-pass, 3×3 convolution of stride 2 without padding: 2H → H.
 *
 * @param shape `[out, in, 3, 3]`
 */
export function downConvolution(
  values: Float32Array,
  shape: FilterShape,
  scale: number,
): LinearMap {
  const map = new StridedPair(values, shape, scale);
  return {
    apply: (x) => chain(upfirdn2d(x, FIR, { padding: 2 }), (u) => map.down(u)),
    adjoint: (dy) => chain(map.up(dy), (u) => upfirdn2d(u, FIR, { padding: [1, 0, 1, 0] })),
    dispose: () => map.dispose(),
  };
}

/** 4×4 low-pass with padding 1, every second pixel, 1×1 convolution: 2H → H (the skip of the discriminator). */
export function downSkip(values: Float32Array, shape: FilterShape, scale: number): LinearMap {
  const map = sameConvolution(values, shape, scale);
  return {
    apply: (x) => chain(upfirdn2d(x, FIR, { padding: 1, down: 2 }), map.apply),
    adjoint: (dy) =>
      // Two samples before and one after in the grid with zeros: the transpose of padding 1 and stride 2.
      chain(map.adjoint(dy), (u) => upfirdn2d(u, FIR, { padding: [2, 1, 2, 1], up: 2 })),
    dispose: () => map.dispose(),
  };
}

/** `[out, in, kh, kw]` ↔ `[in, out, kh, kw]`. */
function swapChannels(
  values: Float32Array,
  [output, input, height, width]: FilterShape,
): Float32Array {
  const taps = height * width;
  const result = new Float32Array(values.length);
  for (let o = 0; o < output; o++) {
    for (let i = 0; i < input; i++) {
      const from = (o * input + i) * taps;
      result.set(values.subarray(from, from + taps), (i * output + o) * taps);
    }
  }
  return result;
}

/**
 * A 3×3 convolution of stride 2 from a fine map to a coarse one, and its transpose. The transpose runs as four
 * stride-1 convolutions, one per phase of the fine map, whose results are interleaved: the 9 taps are computed
 * once each, and every backend's fast forward kernel does the work.
 */
class StridedPair {
  readonly #down: SummedConvolution;
  /** By row phase, then by column phase. */
  readonly #phases: readonly (readonly SummedConvolution[])[];

  /** @param shape `[coarse, fine, 3, 3]` */
  constructor(values: Float32Array, shape: FilterShape, scale: number) {
    const [coarse, fine] = shape;
    this.#down = new SummedConvolution(hwio(values, shape, scale), [3, 3, fine, coarse]);
    // u[2i] = w₀ x[i] + w₂ x[i−1], u[2i + 1] = w₁ x[i].
    const taps = [[2, 0], [1]];
    this.#phases = taps.map((rows) =>
      taps.map((columns) => {
        const filter = new Float32Array(rows.length * columns.length * coarse * fine);
        let at = 0;
        for (const row of rows) {
          for (const column of columns) {
            for (let c = 0; c < coarse; c++) {
              for (let f = 0; f < fine; f++) {
                filter[at++] = values[(c * fine + f) * 9 + row * 3 + column] * scale;
              }
            }
          }
        }
        return new SummedConvolution(filter, [rows.length, columns.length, coarse, fine]);
      }),
    );
  }

  /** `[N, 2H + 1, 2W + 1, fine]` → `[N, H, W, coarse]`. */
  down(x: tf.Tensor4D): tf.Tensor4D {
    return this.#down.run(x, 2, 'valid');
  }

  /** `[N, H, W, coarse]` → `[N, 2H + 2, 2W + 2, fine]`; the last row and column are zero. */
  up(x: tf.Tensor4D): tf.Tensor4D {
    return tf.tidy(() => {
      const [n, height, width] = x.shape;
      const [fineHeight, fineWidth] = [2 * height + 2, 2 * width + 2];
      const fine = this.#down.shape[2];
      const rows = this.#phases.map((filters, row) => {
        const columns = filters.map((filter, column) => {
          const padded = tf.pad(x, [
            [0, 0],
            [1 - row, 1],
            [1 - column, 1],
            [0, 0],
          ]);
          const phase = filter.run(padded, 1, 'valid');
          padded.dispose();
          return phase;
        });
        const line = tf.stack(columns, 3);
        tf.dispose(columns);
        return tf.reshape(line, [n, height + 1, fineWidth, fine]);
      });
      return tf.reshape(tf.stack(rows, 2), [n, fineHeight, fineWidth, fine]);
    }) as tf.Tensor4D;
  }

  dispose(): void {
    for (const filter of [this.#down, ...this.#phases.flat()]) filter.dispose();
  }
}
