import {
  customGradient,
  pixelShuffle,
  pixelUnshuffle,
  softmaxOverPatches,
  stopGradient,
} from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { FeatureMap } from '../layers/feature-map';
import { forwardScope } from '../layers/forward-scope';

/** λ of the softmax over patches: the value of the authors' program, the paper has none. */
const SHARPNESS = 10;

/** Cells that a map is cut into at most: a matrix of so many squared is 21 MB. */
const MOST_CELLS = 48 * 48;

/** Under the root of a patch's length, which may be 0. */
const EPSILON = 1e-8;

/** Far below every score that is compared. */
const NEVER = -1e4;

/** Side of a cell, in features, for a map of this size: 2 as published, doubled until there are few enough. */
export function cellSide(height: number, width: number): number {
  let side = 2;
  while (Math.ceil(height / side) * Math.ceil(width / side) > MOST_CELLS) side *= 2;
  return side;
}

/**
 * Contextual attention (Yu et al., "Generative image inpainting with contextual attention", CVPR 2018, section 4): every
 * place is rebuilt from the patches that are seen, as far as they look alike.
 *
 * The map is cut into cells of s×s features; a patch is 3×3 cells. With x(p) the mean of cell p, o over the nine offsets
 * of a patch, and |p| the length of the patch around p:
 *
 *     c(p, q) = Σ_o x(p + o)·x(q + o) / (|p| |q|)            how alike two patches are
 *     ĉ(p, q) = Σ_o c(p + o, q + o)                          neighbours attend to neighbours
 *     a(p, ·) = softmax(λ ĉ(p, ·)) over the q whose patch is seen as a whole
 *     y(p)    = mean over o of Σ_q a(p − o, q) · cell(q + o)  overlapping patches, pasted and averaged
 *
 * All three sums over o shift p and q together. So no patch is ever cut out: with X the matrix of cell means they are sums
 * along the diagonals of X Xᵀ, of c and of a, and y is one product of the last with the cells.
 *
 * @param features `[N, H, W, C]`; differentiable
 * @param seen `[N, H, W, 1]`: 1 where a layer is seen, else 0; constant
 * @param side of a cell. Default {@link cellSide}
 * @returns `[N, H, W, C]`; zeros where no patch is seen as a whole
 */
export function contextualAttention(
  features: FeatureMap,
  seen: FeatureMap,
  side: number = cellSide(features.shape[1], features.shape[2]),
): FeatureMap {
  const [count, height, width, channels] = features.shape;
  const grid: Grid = { rows: Math.ceil(height / side), columns: Math.ceil(width / side) };
  return forwardScope(() => {
    const extended = extend(features, grid, side, 0);
    // What lies beyond the map is not seen.
    const hidden = stopGradient(() =>
      tf.tidy(() =>
        tf.maxPool(extend(tf.sub(1, seen) as FeatureMap, grid, side, 1), side, side, 'valid'),
      ),
    );
    const pictures = Array.from({ length: count }, (_, n) => {
      const cells = pixelUnshuffle(of(extended, n), side);
      return forwardScope(() => pixelShuffle(attend(cells, of(hidden, n), grid, channels), side));
    });
    const whole = pictures.length === 1 ? pictures[0] : (tf.concat(pictures, 0) as FeatureMap);
    return tf.slice(whole, [0, 0, 0, 0], [count, height, width, channels]);
  });
}

interface Grid {
  readonly rows: number;
  readonly columns: number;
}

const of = (map: FeatureMap, n: number): FeatureMap =>
  map.shape[0] === 1 ? map : tf.slice(map, [n, 0, 0, 0], [1, -1, -1, -1]);

/** Below and to the right, to whole cells. */
function extend(map: FeatureMap, { rows, columns }: Grid, side: number, value: number): FeatureMap {
  const [, height, width] = map.shape;
  const [below, right] = [rows * side - height, columns * side - width];
  if (below === 0 && right === 0) return map;
  return tf.pad(
    map,
    [
      [0, 0],
      [0, below],
      [0, right],
      [0, 0],
    ],
    value,
  );
}

/**
 * One picture.
 *
 * @param cells `[1, rows, columns, s²·C]`
 * @param hidden `[1, rows, columns, 1]`
 */
function attend(cells: FeatureMap, hidden: FeatureMap, grid: Grid, channels: number): FeatureMap {
  const { rows, columns } = grid;
  const values = cells.shape[3];
  const bordered = listed(cells);
  const places = bordered.shape[0];
  // One step to the right, and one down, in a list of places; in a matrix of pairs both places move.
  const steps: Steps = [1, columns + 1];
  const pairSteps: Steps = [steps[0] * (places + 1), steps[1] * (places + 1)];
  const inside = stopGradient(() =>
    tf.reshape(listed(tf.onesLike(hidden) as FeatureMap), [places]),
  ) as tf.Tensor1D;
  const { usable, overlaps } = stopGradient(() => patchesSeen(hidden, inside, steps));

  const means: tf.Tensor2D = tf.mean(
    tf.reshape(bordered, [places, values / channels, channels]),
    1,
  );
  const squares = tf.sum(tf.square(means), 1) as tf.Tensor1D;
  const lengths = tf.sqrt(tf.add(overPatch(squares, steps), EPSILON));
  const scale = tf.div(inside, lengths);
  const products = tf.matMul(means, means, false, true) as tf.Tensor2D;
  const alike = tf.mul(
    tf.mul(overPatch(products, pairSteps), tf.reshape(scale, [places, 1])),
    tf.reshape(scale, [1, places]),
  ) as tf.Tensor2D;
  const attention = softmaxOverPatches(
    tf.reshape(overPatch(alike, pairSteps), [1, 1, places, places]),
    { scale: SHARPNESS, offset: tf.mul(tf.sub(1, usable), NEVER) },
  );
  // Where nothing may be copied all places are as far from it, and the softmax says nothing.
  const copied = tf.mul(
    tf.mul(tf.reshape(attention, [places, places]), tf.reshape(usable, [1, places])),
    tf.reshape(inside, [places, 1]),
  ) as tf.Tensor2D;
  const pasted = tf.matMul(overPatch(copied, pairSteps), bordered);
  const averaged = tf.mul(pasted, tf.reshape(overlaps, [places, 1]));
  return tf.slice(
    tf.reshape(averaged, [1, rows + 1, columns + 1, values]),
    [0, 0, 0, 0],
    [1, rows, columns, values],
  ) as FeatureMap;
}

/** A list of places, row after row, with a column and a row of zeros at the end, into which steps over an edge fall. */
function listed(map: FeatureMap): tf.Tensor2D {
  const bordered = tf.pad(map, [
    [0, 0],
    [0, 1],
    [0, 1],
    [0, 0],
  ]);
  return tf.reshape(bordered, [bordered.shape[1] * bordered.shape[2], map.shape[3]]);
}

/** 1 for the places whose whole patch is seen, as far as it lies inside; and one over the patches that reach a place. */
function patchesSeen(hidden: FeatureMap, inside: tf.Tensor1D, steps: Steps) {
  return tf.tidy(() => {
    const covered = overPatch(tf.reshape(listed(hidden), inside.shape), steps);
    return {
      usable: tf.mul(inside, tf.sub(1, tf.step(covered))) as tf.Tensor1D,
      overlaps: tf.div(inside, tf.maximum(overPatch(inside, steps), 1)) as tf.Tensor1D,
    };
  });
}

/** What a step along a row, and one along a column, adds to an index. */
type Steps = readonly [right: number, down: number];

/** The sum over the nine offsets of a patch. Its own adjoint. */
function overPatch<Rank extends tf.Rank>(
  x: tf.Tensor<Rank>,
  [right, down]: Steps,
): tf.Tensor<Rank> {
  const sum = (y: tf.Tensor) =>
    tf.tidy(() => {
      const list = tf.reshape(y, [y.size]) as tf.Tensor1D;
      return tf.reshape(withNeighbours(withNeighbours(list, right), down), x.shape);
    });
  return customGradient([x], (x) => ({ value: sum(x) as tf.Tensor<Rank> }), sum);
}

/** x(i − step) + x(i) + x(i + step), zeros beyond both ends. */
function withNeighbours(x: tf.Tensor1D, step: number): tf.Tensor1D {
  const kept = x.size - step;
  const before = tf.pad(tf.slice(x, 0, kept), [[step, 0]]);
  const after = tf.pad(tf.slice(x, step, kept), [[0, step]]);
  return tf.add(tf.add(before, x), after);
}
