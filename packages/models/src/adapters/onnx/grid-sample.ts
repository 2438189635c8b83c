import { customGradient, stopGradient } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import { known, number, type Operator, string } from './operator';
import { unsupported } from './unsupported';
import { channelsLast, ofMap, ofTensor, planar, shapeOf } from './value';

const MODES: Readonly<Record<string, 'linear' | 'nearest' | 'cubic'>> = {
  linear: 'linear',
  bilinear: 'linear',
  nearest: 'nearest',
  cubic: 'cubic',
  bicubic: 'cubic',
};
/** Of the cubic kernel, as PyTorch has it. */
const A = -0.75;

/** One sample along an axis: pixels beside the place, and their weights. */
interface Taps {
  /** The pixel, a whole number; beyond the border it is moved in, and counts as `inside` says. */
  readonly at: tf.Tensor;
  readonly weight: tf.Tensor;
}

/**
 * Samples a map at places of a grid, `[N, H, W, 2]` of (x, y) from −1 to 1. The gradient reaches the map and, but for
 * `nearest`, the grid:
 *
 *     y[p] = Σ_ij w_i(y_p) w_j(x_p) x[i, j]
 */
export const gridSample: Operator = (node, tools) => {
  const mode = MODES[string(node, 'mode', 'linear')];
  const padding = string(node, 'padding_mode', 'zeros');
  const corners = number(node, 'align_corners', 0) === 1;
  if (mode === undefined) unsupported(node, `has the mode ${string(node, 'mode', '')}`);
  if (!['zeros', 'border', 'reflection'].includes(padding)) {
    unsupported(node, `has the padding_mode ${padding}`);
  }
  return ([value, places]) => {
    const shape = shapeOf(value);
    const grid = planar(places);
    if (shape.length !== 4 || grid.rank !== 4 || grid.shape[3] !== 2) {
      unsupported(node, `samples [${shape}] at [${grid.shape}]; pictures are supported`);
    }
    const [n, channels, height, width] = shape;
    const [batch, tall, wide] = grid.shape;
    if (batch !== n) unsupported(node, `samples ${n} maps at ${batch} grids`);
    tools.room.bounded(node, [n, channels, tall, wide]);
    const axes = tf.split(tf.reshape(grid, [n, tall * wide, 2]), 2, 2);
    const taps = [width, height].map((side, i) =>
      tapsAlong(tf.squeeze(axes[i], [2]), side, { mode, padding, corners }),
    );
    const x = channelsLast(value);
    const rows = tf.reshape(x, [n * height * width, channels]) as tf.Tensor2D;
    const first = tf.mul(
      tf.reshape(tf.range(0, n, 1, 'int32'), [n, 1]),
      tf.scalar(height * width, 'int32'),
    );
    let sum: tf.Tensor | undefined;
    for (const down of taps[1]) {
      for (const across of taps[0]) {
        const index = tf.add(
          first,
          tf.add(
            tf.mul(tf.cast(down.at, 'int32'), tf.scalar(width, 'int32')),
            tf.cast(across.at, 'int32'),
          ),
        );
        const pixels = rowsAt(rows, tf.reshape(index, [-1]) as tf.Tensor1D);
        const weight = tf.reshape(tf.mul(down.weight, across.weight), [-1, 1]);
        const part = tf.mul(pixels, weight);
        sum = sum === undefined ? part : tf.add(sum, part);
      }
    }
    return ofMap(tf.reshape(sum as tf.Tensor, [n, tall, wide, channels]));
  };
};

/** Where an affine map θ `[N, 2, 3]` sends the centres of pixels, `[N, H, W, 2]` of (x, y) from −1 to 1: θ (x, y, 1)ᵀ. */
export const affineGrid: Operator = (node, tools) => {
  const corners = number(node, 'align_corners', 0) === 1;
  return ([theta, size]) => {
    const [n, rows, columns] = shapeOf(theta);
    const sides = known(node, size, 'sizes');
    if (rows !== 2 || columns !== 3 || sides.length !== 4) {
      unsupported(node, `maps by [${shapeOf(theta)}] to [${sides}]; pictures are supported`);
    }
    const [, , height, width] = sides;
    tools.room.bounded(node, [n, height, width, 3]);
    const points = tf.tidy(() => {
      const axis = (side: number) => {
        const reach = corners ? 1 : 1 - 1 / side;
        return side === 1 ? tf.zeros([1]) : tf.linspace(-reach, reach, side);
      };
      const across = tf.mul(tf.ones([height, 1]), tf.reshape(axis(width), [1, width]));
      const down = tf.mul(tf.reshape(axis(height), [height, 1]), tf.ones([1, width]));
      return tf.reshape(tf.stack([across, down, tf.ones([height, width])], 2), [-1, 3]);
    }) as tf.Tensor2D;
    const maps = tf.reshape(tf.transpose(planar(theta), [2, 0, 1]), [3, n * 2]) as tf.Tensor2D;
    const places = tf.reshape(tf.matMul(points, maps), [height, width, n, 2]);
    return ofTensor(tf.transpose(places, [2, 0, 1, 3]));
  };
};

interface Rule {
  readonly mode: 'linear' | 'nearest' | 'cubic';
  readonly padding: string;
  readonly corners: boolean;
}

/** @param grid from −1 to 1: the centres of the outer pixels, or their outer sides */
function tapsAlong(grid: tf.Tensor, side: number, rule: Rule): Taps[] {
  const { mode, padding, corners } = rule;
  const unit = tf.mul(tf.add(grid, 1), 0.5);
  const place = corners ? tf.mul(unit, side - 1) : tf.sub(tf.mul(unit, side), 0.5);
  if (mode === 'nearest') {
    const at = stopGradient(() => tf.round(moved(place, side, rule)));
    return [tap(at, tf.onesLike(at), side, rule)];
  }
  const within = mode === 'linear' ? moved(place, side, rule) : place;
  const floor = stopGradient(() => tf.floor(within));
  const t = tf.sub(within, floor);
  if (mode === 'linear') {
    return [
      tap(floor, tf.sub(1, t), side, rule),
      tap(tf.add(floor, 1), t, side, padding === 'zeros' ? rule : { ...rule, padding: 'border' }),
    ];
  }
  return [-1, 0, 1, 2].map((step) =>
    tap(tf.add(floor, step), cubic(tf.abs(tf.sub(t, step))), side, rule),
  );
}

/** (a + 2) d³ − (a + 3) d² + 1 up to a distance of 1, a d³ − 5 a d² + 8 a d − 4 a up to 2. */
function cubic(d: tf.Tensor): tf.Tensor {
  const near = tf.add(tf.mul(tf.square(d), tf.sub(tf.mul(d, A + 2), A + 3)), 1);
  const far = tf.mul(tf.sub(tf.mul(tf.add(tf.mul(tf.sub(d, 5), d), 8), d), 4), A);
  const inner = stopGradient(() => tf.cast(tf.lessEqual(d, 1), 'float32'));
  return tf.add(tf.mul(near, inner), tf.mul(far, tf.sub(1, inner)));
}

/** Places beyond the border, moved as the padding says; zeros leave them there. */
function moved(place: tf.Tensor, side: number, { padding, corners }: Rule): tf.Tensor {
  if (padding === 'zeros') return place;
  if (padding === 'border') return tf.clipByValue(place, 0, side - 1);
  const [low, high] = corners ? [0, side - 1] : [-0.5, side - 0.5];
  return tf.clipByValue(reflected(place, low, high), 0, side - 1);
}

/** Folded back at both ends as often as it takes. */
function reflected(place: tf.Tensor, low: number, high: number): tf.Tensor {
  const span = high - low;
  if (span === 0) return tf.mul(place, 0);
  const distance = tf.abs(tf.sub(place, low));
  const turns = stopGradient(() => tf.floor(tf.div(distance, span)));
  const rest = tf.sub(distance, tf.mul(turns, span));
  const odd = stopGradient(() => tf.mod(turns, 2));
  return tf.add(tf.add(rest, tf.mul(odd, tf.sub(span, tf.mul(rest, 2)))), low);
}

/** A pixel of the map; outside, one that counts nothing, or the one that stands for it. */
function tap(at: tf.Tensor, weight: tf.Tensor, side: number, rule: Rule): Taps {
  return {
    at: stopGradient(() => {
      const { padding, corners } = rule;
      const [low, high] = corners ? [0, side - 1] : [-0.5, side - 0.5];
      const inside = padding === 'reflection' ? reflected(at, low, high) : at;
      return tf.clipByValue(inside, 0, side - 1);
    }),
    weight:
      rule.padding === 'zeros'
        ? tf.mul(
            weight,
            stopGradient(() =>
              tf.cast(tf.logicalAnd(tf.greaterEqual(at, 0), tf.lessEqual(at, side - 1)), 'float32'),
            ),
          )
        : weight,
  };
}

/** Rows of a table. wasm has no gradient of a gather: it is written out, dx = Σ of dy over the same row. */
function rowsAt(table: tf.Tensor2D, places: tf.Tensor1D): tf.Tensor {
  return customGradient(
    [table],
    (rows) => ({ value: tf.gather(rows, places) as tf.Tensor2D, saved: [places] }),
    (dy, [at]) => tf.scatterND(tf.reshape(at, [-1, 1]), dy, table.shape) as tf.Tensor2D,
  );
}
