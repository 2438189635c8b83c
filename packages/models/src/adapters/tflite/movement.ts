import { reflectPad } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import { countOf } from '../../count-of';
import { joinChannels } from '../../layers';
import { hostsOf } from '../onnx/host';
import { assertPermutation, movement as shared } from '../onnx/movement';
import type { OnnxNode } from '../onnx/onnx-model';
import { list, number, type Operator } from '../onnx/operator';
import { shapes } from '../onnx/shapes';
import { unsupported } from '../onnx/unsupported';
import { axisOf, commonShape, ofHost, ofTensor, planar, shapeOf, type Value } from '../onnx/value';
import { activated, like, mapOf, requireSize, sizesOf } from './operators';

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

/** The same values in another shape. */
export const reshaped = (node: OnnxNode, value: Value, shape: readonly number[]): Value => {
  if (shapeOf(value).join() === shape.join()) return value;
  if (countOf(shapeOf(value)) !== countOf(shape)) {
    unsupported(node, `makes [${shape}] of [${shapeOf(value)}]`);
  }
  const host = value.host && { ...value.host, shape };
  if (host && !value.tensor) return { host };
  return { host, tensor: tf.reshape(planar(value), [...shape]) };
};

const concat: Operator = (node) => {
  const given = number(node, 'axis', 0);
  return (inputs) => {
    const all = inputs.map(shapeOf);
    const rank = all[0].length;
    const axis = axisOf(given, rank);
    requireSize(
      node,
      all[0].map((side, i) => (i === axis ? sum(all.map((s) => s[i])) : side)),
    );
    const hosts = hostsOf(inputs);
    // Sizes, which must stay known.
    if (hosts?.every(({ shape }) => shape.length === 1)) {
      const data = hosts.flatMap((host) => host.data);
      return ofHost(
        data,
        [data.length],
        hosts.every(({ integer }) => integer),
      );
    }
    const tensors = inputs.map(planar);
    // Joining channels is by far the slowest operation of wasm.
    const joined = axis === 3 && rank === 4 && tf.getBackend() === 'wasm';
    return ofTensor(joined ? joinChannels(tensors as tf.Tensor4D[]) : tf.concat(tensors, axis));
  };
};

/** The sizes are an input, or in old files an option. */
const reshape: Operator =
  (node) =>
  ([x, sizes]) => {
    const wanted = sizes?.host ? sizesOf(node, sizes, 'sizes') : list(node, 'sizes');
    if (wanted === undefined) return unsupported(node, 'has sizes that are not known beforehand');
    const count = countOf(shapeOf(x));
    const others = countOf(wanted.filter((side) => side !== -1));
    return reshaped(
      node,
      x,
      wanted.map((side) => (side === -1 ? count / others : side)),
    );
  };

const transpose: Operator =
  (node) =>
  ([x, order]) => {
    const axes = sizesOf(node, order, 'axes');
    assertPermutation(node, axes, shapeOf(x));
    return ofTensor(tf.transpose(planar(x), [...axes]));
  };

/** `[axis, before or after]`. */
function around(node: OnnxNode, x: Value, pads: Value | undefined): [number, number][] {
  const flat = sizesOf(node, pads, 'pads');
  const shape = shapeOf(x);
  if (flat.length !== 2 * shape.length || flat.some((side) => side < 0)) {
    unsupported(node, `has the pads [${flat}] for [${shape}]`);
  }
  const sides = shape.map((_, axis): [number, number] => [flat[2 * axis], flat[2 * axis + 1]]);
  requireSize(
    node,
    shape.map((side, axis) => side + sides[axis][0] + sides[axis][1]),
  );
  return sides;
}

const pad: Operator =
  (node) =>
  ([x, pads, value]) => {
    const fill = value?.host?.data[0] ?? 0;
    return ofTensor(tf.pad(planar(x), around(node, x, pads), fill));
  };

const mirrorPad: Operator = (node) => {
  if (number(node, 'mode', 0) !== 0) unsupported(node, 'is symmetric; REFLECT is supported');
  return ([x, pads]) => {
    const map = mapOf(node, x);
    const [batch, rows, columns, channels] = around(node, x, pads);
    if ([...batch, ...channels].some((side) => side > 0)) unsupported(node, 'pads more than a map');
    return ofTensor(reflectPad(map, [rows[0], rows[1], columns[0], columns[1]]));
  };
};

const expandDims: Operator =
  (node) =>
  ([x, second]) => {
    const shape = [...shapeOf(x)];
    const [axis] = sizesOf(node, second, 'axes');
    shape.splice(axisOf(axis, shape.length + 1), 0, 1);
    return reshaped(node, x, shape);
  };

const squeeze: Operator =
  (node) =>
  ([x]) => {
    const shape = shapeOf(x);
    const axes = list(node, 'axes')?.map((axis) => axisOf(axis, shape.length));
    const kept = shape.filter((side, i) => (axes ? !axes.includes(i) : side !== 1));
    return reshaped(node, x, kept);
  };

const tile: Operator = (node, tools) => {
  const step = shared.Tile(node, tools);
  return (inputs) => {
    const repeats = sizesOf(node, inputs[1], 'repeats');
    requireSize(
      node,
      shapeOf(inputs[0]).map((side, i) => side * (repeats[i] ?? 1)),
    );
    return step(inputs);
  };
};

const broadcastTo: Operator = (node, tools) => {
  const step = shared.Expand(node, tools);
  return (inputs) => {
    requireSize(node, commonShape(shapeOf(inputs[0]), sizesOf(node, inputs[1], 'sizes')));
    return step(inputs);
  };
};

/** `[N, H, W, b² C]` → `[N, bH, bW, C]`: the channels are [row, column, channel]. */
const depthToSpace: Operator = (node) => {
  const block = blockOf(node);
  return ([x]) => {
    const map = mapOf(node, x);
    const [n, height, width, channels] = map.shape;
    const rest = channels / block ** 2;
    if (!Number.isInteger(rest))
      unsupported(node, `makes blocks of ${block} of ${channels} channels`);
    const pieces = tf.reshape(map, [n * height, width, block, block * rest]);
    const rows = tf.transpose(pieces, [0, 2, 1, 3]);
    return ofTensor(tf.reshape(rows, [n, height * block, width * block, rest]));
  };
};

const spaceToDepth: Operator = (node) => {
  const block = blockOf(node);
  return ([x]) => {
    const map = mapOf(node, x);
    const [n, height, width, channels] = map.shape;
    const [rows, columns] = [height / block, width / block];
    if (!Number.isInteger(rows) || !Number.isInteger(columns)) {
      unsupported(node, `makes blocks of ${block} of a map of ${height}×${width}`);
    }
    const pieces = tf.transpose(
      tf.reshape(map, [n * rows, block, columns, block * channels]),
      [0, 2, 1, 3],
    );
    return ofTensor(tf.reshape(pieces, [n, rows, columns, block ** 2 * channels]));
  };
};

function blockOf(node: OnnxNode): number {
  const block = number(node, 'block', 1);
  return block >= 1 ? block : unsupported(node, `has blocks of ${block}`);
}

/** Dilated convolutions of old files: cut into every d-th row and column, stacked as a batch, and back. */
const spaceToBatch: Operator =
  (node) =>
  ([x, blocks, pads]) => {
    const flat = sizesOf(node, pads, 'pads');
    const block = sizesOf(node, blocks, 'blocks');
    const map = mapOf(node, x);
    const [n, height, width, channels] = map.shape;
    requireSize(node, [n, height + flat[0] + flat[1], width + flat[2] + flat[3], channels]);
    return ofTensor(tf.spaceToBatchND(map, [...block], inPairs(flat)));
  };

const batchToSpace: Operator =
  (node) =>
  ([x, blocks, crops]) => {
    const block = sizesOf(node, blocks, 'blocks');
    const pairs = inPairs(sizesOf(node, crops, 'crops'));
    return ofTensor(tf.batchToSpaceND(mapOf(node, x), [...block], pairs));
  };

const inPairs = (flat: readonly number[]) =>
  Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]]);

const fill: Operator =
  (node) =>
  ([sizes, value]) => {
    const shape = sizesOf(node, sizes, 'sizes');
    requireSize(node, shape);
    const held = value.host?.data[0] ?? unsupported(node, 'fills with what depends on the picture');
    if (value.host?.integer === true && shape.length <= 1) {
      return ofHost(
        Array.from({ length: shape[0] ?? 1 }, () => held),
        shape,
      );
    }
    return ofTensor(tf.fill([...shape], held));
  };

const rank: Operator =
  () =>
  ([x]) =>
    ofHost([shapeOf(x).length], []);

const zerosLike: Operator =
  () =>
  ([x]) =>
    ofTensor(tf.zeros([...shapeOf(x)]));

/** The same values in another order or shape, or next to others. */
export const movement: Readonly<Record<string, Operator>> = {
  CONCATENATION: activated(concat),
  RESHAPE: reshape,
  TRANSPOSE: transpose,
  PAD: pad,
  PADV2: pad,
  MIRROR_PAD: mirrorPad,
  EXPAND_DIMS: expandDims,
  SQUEEZE: squeeze,
  TILE: tile,
  BROADCAST_TO: broadcastTo,
  DEPTH_TO_SPACE: depthToSpace,
  SPACE_TO_DEPTH: spaceToDepth,
  SPACE_TO_BATCH_ND: spaceToBatch,
  BATCH_TO_SPACE_ND: batchToSpace,
  SHAPE: like(shapes.Shape, {}),
  RANGE: like(shapes.Range, {}),
  RANK: rank,
  FILL: fill,
  ZEROS_LIKE: zerosLike,
};
