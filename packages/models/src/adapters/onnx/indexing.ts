import { stopGradient } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import { bounded, known, number, type Operator, unsupported } from './operator';
import { axisOf, ofTensor, planar, shapeOf } from './value';

/** Slices that are cut one by one at most: wasm has no gradient of a gather. */
const MOST_SLICES = 1024;

/** Indices known beforehand: each row of them names a place along the first axes after `batch_dims`. */
const gatherNd: Operator = (node) => {
  const batch = number(node, 'batch_dims', 0);
  return ([x, indices]) => {
    const shape = shapeOf(x);
    const table = shapeOf(indices);
    const depth = table[table.length - 1];
    const rows = known(node, indices, 'indices');
    if (batch !== 0) unsupported(node, `has batch_dims ${batch}`);
    if (!(depth >= 1 && depth <= shape.length))
      unsupported(node, `takes ${depth} axes of [${shape}]`);
    const result = bounded(node, [...table.slice(0, -1), ...shape.slice(depth)]);
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
};
