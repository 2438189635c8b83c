import { customGradient, stopGradient } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import { countOf } from '../../count-of';
import { isAbsent, known, number, type Operator } from './operator';
import { unsupported } from './unsupported';
import { axisOf, broadcast, ofTensor, planar, shapeOf } from './value';

/** Slices that are cut one by one at most: wasm has no gradient of a gather. */
const MOST_SLICES = 1024;

/** Indices known beforehand: each row of them names a place along the first axes after `batch_dims`. */
const gatherNd: Operator = (node, tools) => {
  const batch = number(node, 'batch_dims', 0);
  return ([x, indices]) => {
    const shape = shapeOf(x);
    const table = shapeOf(indices);
    const within = table[table.length - 1];
    const alike = shape.slice(0, batch).join() === table.slice(0, batch).join();
    if (!(batch >= 0 && batch < table.length && batch < shape.length && alike))
      unsupported(node, `takes [${table}] of [${shape}] with batch_dims ${batch}`);
    const depth = batch + within;
    if (!(within >= 1 && depth <= shape.length))
      unsupported(node, `takes ${depth} axes of [${shape}]`);
    const rows = withBatch(known(node, indices, 'indices'), within, shape.slice(0, batch));
    const result = tools.room.bounded(node, [...table.slice(0, -1), ...shape.slice(depth)]);
    const count = rows.length / depth;
    if (count > MOST_SLICES)
      unsupported(node, `takes ${count} places; ${MOST_SLICES} are the limit`);
    const plain = planar(x);
    const pieces = Array.from({ length: count }, (_, row) => {
      const place = shape.slice(0, depth).map((side, i) => axisOf(rows[row * depth + i], side));
      if (place.some((at, i) => !(at >= 0 && at < shape[i]))) {
        unsupported(node, `takes [${place}] of [${shape}]`);
      }
      const begin = shape.map((_side, i) => place[i] ?? 0);
      return tf.slice(
        plain,
        begin,
        shape.map((side, i) => (i < depth ? 1 : side)),
      );
    });
    if (pieces.length === 0) return ofTensor(tf.zeros([...result]));
    return ofTensor(
      tf.reshape(pieces.length === 1 ? pieces[0] : tf.concat(pieces, 0), [...result]),
    );
  };
};

/** Rows of indices that name the place along the first axes too: each batch has as many rows. */
function withBatch(
  indices: readonly number[],
  within: number,
  batches: readonly number[],
): readonly number[] {
  if (batches.length === 0) return indices;
  const rows = indices.length / within;
  const each = rows / countOf(batches);
  return Array.from({ length: rows }, (_, row) => {
    const place: number[] = [];
    let rest = Math.floor(row / each);
    for (let axis = batches.length - 1; axis >= 0; axis--) {
      place.unshift(rest % batches[axis]);
      rest = Math.floor(rest / batches[axis]);
    }
    return [...place, ...indices.slice(row * within, (row + 1) * within)];
  }).flat();
}

/** The place of the extreme; it jumps, so no gradient passes. */
const extremePlace =
  (f: (x: tf.Tensor, axis: number) => tf.Tensor): Operator =>
  (node) => {
    const keep = number(node, 'keepdims', 1) === 1;
    const last = number(node, 'select_last_index', 0) === 1;
    return ([x]) => {
      const shape = shapeOf(x);
      const axis = axisOf(number(node, 'axis', 0), shape.length);
      const places = stopGradient(() => {
        const plain = planar(x);
        const first = tf.cast(f(last ? tf.reverse(plain, axis) : plain, axis), 'float32');
        return last ? tf.sub(shape[axis] - 1, first) : first;
      });
      return ofTensor(keep ? tf.expandDims(places, axis) : places);
    };
  };

/**
 * The largest or smallest along an axis, and their places. Of equal ones the first come first. The gradient goes back to
 * where a value was found.
 */
const topK: Operator = (node) => {
  const largest = number(node, 'largest', 1) === 1;
  return ([x, wanted]) => {
    const shape = shapeOf(x);
    const axis = axisOf(number(node, 'axis', -1), shape.length);
    const side = shape[axis];
    // Up to operator set 9 an attribute.
    const count = isAbsent(wanted)
      ? number(node, 'k', 0)
      : known(node, wanted, 'a count of values')[0];
    if (!(side >= 1 && Number.isInteger(count) && count >= 1 && count <= side)) {
      unsupported(node, `takes ${count} of [${shape}] along the axis ${axis}`);
    }
    const order = shape.map((_, i) => i);
    [order[axis], order[shape.length - 1]] = [order[shape.length - 1], order[axis]];
    const rows = tf.reshape(tf.transpose(planar(x), order), [-1, side]) as tf.Tensor2D;
    const places = stopGradient(
      () => tf.topk(largest ? rows : tf.neg(rows), count).indices,
    ) as tf.Tensor2D;
    const back = (found: tf.Tensor) => {
      const turned = order.map((from, i) => (i === shape.length - 1 ? count : shape[from]));
      return ofTensor(tf.transpose(tf.reshape(found, turned), order));
    };
    return [back(takenAt(rows, places)), back(tf.cast(places, 'float32'))];
  };
};

/** Of each row the values at its places. wasm has no gradient of a gather: it is written out. */
function takenAt(rows: tf.Tensor2D, places: tf.Tensor2D): tf.Tensor {
  const [count, side] = rows.shape;
  const first = tf.mul(tf.range(0, count, 1, 'int32'), tf.scalar(side, 'int32'));
  const flat = tf.reshape(tf.add(tf.expandDims(first, 1), places), [-1]);
  return customGradient(
    [rows],
    (table) => ({ value: tf.gather(tf.reshape(table, [-1]), flat), saved: [flat] }),
    (dy, [at]) => tf.reshape(tf.scatterND(tf.reshape(at, [-1, 1]), dy, [count * side]), rows.shape),
  );
}

/** Ones along a diagonal of a matrix that is as large as another. */
const eyeLike: Operator = (node, tools) => {
  const shift = number(node, 'k', 0);
  return ([x]) => {
    const [rows, columns] = tools.room.bounded(node, shapeOf(x));
    if (shapeOf(x).length !== 2) unsupported(node, `makes a diagonal of [${shapeOf(x)}]`);
    const down = tf.reshape(tf.range(0, rows), [rows, 1]);
    return ofTensor(tf.cast(tf.equal(tf.add(down, shift), tf.range(0, columns)), 'float32'));
  };
};

/** A matrix, or each of several, with zeros below or above a diagonal: masks of attention. */
const triangle: Operator = (node) => {
  const upper = number(node, 'upper', 1) === 1;
  return ([x, shift]) => {
    const diagonal = isAbsent(shift) ? 0 : known(node, shift, 'a diagonal')[0];
    const plain = planar(x);
    if (plain.rank < 2) unsupported(node, `makes a triangle of [${plain.shape}]`);
    const [rows, columns] = plain.shape.slice(-2);
    const kept = stopGradient(() => {
      const down = tf.reshape(tf.range(0, rows), [rows, 1]);
      const across = tf.sub(tf.range(0, columns), down);
      return (upper ? tf.greaterEqual : tf.lessEqual)(across, diagonal);
    });
    // Not as a product: what is left out may be infinite.
    const mask = tf.cast(broadcast(tf.cast(kept, 'float32'), plain.shape), 'bool');
    return ofTensor(tf.where(mask, plain, tf.zerosLike(plain)));
  };
};

/** Blocks of pixels as channels: [row, column, channel]. */
const spaceToDepth: Operator = (node) => {
  const block = number(node, 'blocksize', 1);
  return ([x]) => {
    const [n, channels, height, width] = shapeOf(x);
    if (height % block !== 0 || width % block !== 0) {
      unsupported(node, `makes blocks of ${block} of ${height}×${width}`);
    }
    const [tall, wide] = [height / block, width / block];
    const pieces = tf.reshape(planar(x), [n, channels, tall, block, wide, block]);
    const turned = tf.transpose(pieces, [0, 3, 5, 1, 2, 4]);
    return ofTensor(tf.reshape(turned, [n, channels * block ** 2, tall, wide]));
  };
};

/** What is taken from a value by place. */
export const indexing: Readonly<Record<string, Operator>> = {
  GatherND: gatherNd,
  ArgMax: extremePlace((x, axis) => tf.argMax(x, axis)),
  ArgMin: extremePlace((x, axis) => tf.argMin(x, axis)),
  SpaceToDepth: spaceToDepth,
  TopK: topK,
  EyeLike: eyeLike,
  Trilu: triangle,
};
