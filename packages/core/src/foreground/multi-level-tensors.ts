import * as tf from '@tensorflow/tfjs-core';
import type { PortraitLayers } from '../contracts';
import { type MultiLevelOptions, nearestIndices, pyramid, resolveMultiLevel } from './multi-level';

/**
 * Multi-level estimation in tensor operations, so that nothing has to be read back from a GPU.
 *
 * The in-place order of `estimateMultiLevel` is sequential. Here the pixels are coloured like a chessboard, and all
 * of one colour are updated at once from the other: Gauss–Seidel too, with the same number of sweeps, in another
 * order. Where alpha is above 0 the two differ by less than a level of 8 bits on average.
 *
 * F and B are two members of one batch, X = [F; B], which makes the 2 × 2 system of a pixel
 * X ← diagonal · R + offDiagonal · reverse(R), with R the right-hand side.
 *
 * ```ts
 * import { multiLevelOnTensors, rgbTensor } from '@latent-matte/core/ops';
 * import { mockComposite } from '@latent-matte/core/testing';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * const { image, alpha } = mockComposite(64, 64);
 * const matte = tf.tensor4d(alpha.data, [1, 64, 64, 1]);
 * const { foreground, background } = multiLevelOnTensors(rgbTensor(image), matte);
 * console.log(foreground.shape); // [1, 64, 64, 3]
 * ```
 *
 * @param image RGB `[1, H, W, 3]`. @param alpha `[1, H, W, 1]`; no gradient flows to them.
 */
export function multiLevelOnTensors(
  image: tf.Tensor4D,
  alpha: tf.Tensor4D,
  options: MultiLevelOptions = {},
): PortraitLayers {
  const { regularization, sweepsAt } = resolveMultiLevel(options);
  const [, height, width] = image.shape;
  const [foreground, background] = tf.tidy(() => {
    let layers = meanColors(image, alpha);
    for (const size of pyramid(width, height)) {
      const next = tf.tidy(() => {
        const equations = levelEquations(
          sample(image, size.height, size.width),
          sample(alpha, size.height, size.width),
          regularization,
        );
        let current = sample(layers, size.height, size.width);
        for (let i = 0; i < sweepsAt(size); i++) {
          for (const mask of equations.masks) current = update(current, equations, mask);
        }
        return current;
      });
      layers.dispose();
      layers = next;
    }
    return tf.split(layers, 2) as [tf.Tensor4D, tf.Tensor4D];
  });
  return { foreground, background };
}

/** Mean colours of the sure foreground and the sure background, `[2, 1, 1, 3]`. */
function meanColors(image: tf.Tensor4D, alpha: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => {
    const means = [tf.greater(alpha, 0.9), tf.less(alpha, 0.1)].map((where) => {
      const mask = tf.cast(where, 'float32');
      return tf.div(
        tf.sum(tf.mul(image, mask), [1, 2], true),
        tf.add(tf.sum(mask, [1, 2], true), 1e-5),
      );
    });
    return tf.concat(means) as tf.Tensor4D;
  });
}

/** Nearest neighbour with the published indices. */
function sample(x: tf.Tensor4D, height: number, width: number): tf.Tensor4D {
  const [, h, w] = x.shape;
  if (h === height && w === width) return tf.clone(x);
  return tf.tidy(() => {
    const rows = tf.tensor1d(nearestIndices(h, height), 'int32');
    const columns = tf.tensor1d(nearestIndices(w, width), 'int32');
    return tf.gather(tf.gather(x, rows, 1), columns, 2);
  });
}

interface LevelEquations {
  /** Data term of the right-hand side, [αI; (1 − α)I]. */
  readonly data: tf.Tensor4D;
  /** g of the neighbours to the left, right, above, below. */
  readonly weights: readonly tf.Tensor4D[];
  /** Rows of the inverse: [a22; a11] / det, and −a12 / det. */
  readonly diagonal: tf.Tensor4D;
  readonly offDiagonal: tf.Tensor4D;
  /** 1 at the black pixels, 1 at the white ones. */
  readonly masks: readonly tf.Tensor4D[];
}

function levelEquations(
  image: tf.Tensor4D,
  a: tf.Tensor4D,
  regularization: number,
): LevelEquations {
  const [, height, width] = a.shape;
  const b = tf.sub(1, a);
  const weights = neighbours(a).map(
    (other) => tf.add(tf.abs(tf.sub(a, other)), regularization) as tf.Tensor4D,
  );
  const sum = tf.addN(weights);
  const a11 = tf.add(tf.square(a), sum);
  const a22 = tf.add(tf.square(b), sum);
  const a12 = tf.mul(a, b);
  // a11 a22 − a12², without the cancellation that costs float32 its digits where all weights are small.
  const determinant = tf.mul(sum, tf.add(tf.add(tf.square(a), tf.square(b)), sum));
  const black = Float32Array.from(
    { length: height * width },
    (_, p) => ((p % width) + Math.floor(p / width)) % 2,
  );
  const mask = tf.tensor4d(black, [1, height, width, 1]);
  return {
    data: tf.concat([tf.mul(a, image), tf.mul(b, image)]) as tf.Tensor4D,
    weights,
    diagonal: tf.div(tf.concat([a22, a11]), determinant) as tf.Tensor4D,
    offDiagonal: tf.div(tf.neg(a12), determinant) as tf.Tensor4D,
    masks: [mask, tf.sub(1, mask)],
  };
}

/** Updates the pixels of one colour. */
function update(layers: tf.Tensor4D, equations: LevelEquations, mask: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => {
    const { data, weights, diagonal, offDiagonal } = equations;
    const right = tf.addN([
      data,
      ...neighbours(layers).map((other, n) => tf.mul(weights[n], other)),
    ]);
    const solved = tf.clipByValue(
      tf.add(tf.mul(diagonal, right), tf.mul(offDiagonal, tf.reverse(right, 0))),
      0,
      1,
    );
    return tf.add(layers, tf.mul(mask, tf.sub(solved, layers)));
  });
}

/** The map moved by one pixel in four directions, its border repeated. */
function neighbours(x: tf.Tensor4D): tf.Tensor4D[] {
  const [, height, width] = x.shape;
  return [
    moved(x, 2, width, true),
    moved(x, 2, width, false),
    moved(x, 1, height, true),
    moved(x, 1, height, false),
  ];
}

/** Neighbours along an axis: those before (`from the start`), or those after each pixel. */
function moved(x: tf.Tensor4D, axis: 1 | 2, length: number, before: boolean): tf.Tensor4D {
  if (length === 1) return x;
  const part = (start: number, size: number): tf.Tensor4D => {
    const begin = [0, 0, 0, 0];
    const extent = [...x.shape];
    begin[axis] = start;
    extent[axis] = size;
    return tf.slice(x, begin, extent);
  };
  return before
    ? tf.concat([part(0, 1), part(0, length - 1)], axis)
    : tf.concat([part(1, length - 1), part(length - 1, 1)], axis);
}
