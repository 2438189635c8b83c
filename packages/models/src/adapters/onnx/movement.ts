import { reflectPad, replicatePad } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import { countOf } from '../../count-of';
import { joinChannels } from '../../layers';
import { arranged, hostsOf, MOST_HOST, mapHosts } from './host';
import type { OnnxNode } from './onnx-model';
import {
  absent,
  attributeOrInput,
  isAbsent,
  known,
  list,
  number,
  type Operator,
  string,
} from './operator';
import { part } from './slicing';
import { unsupported } from './unsupported';
import {
  axisOf,
  broadcast,
  channelsLast,
  commonShape,
  type HostValue,
  lastAxis,
  ofHost,
  ofMap,
  ofTensor,
  planar,
  shapeOf,
  sliceAlong,
  type Value,
} from './value';

const isMap = (value: Value) => value.last === true;

/** As a sum it makes a map of the whole result for each part. */
const MOST_JOINED = 16;

const concat: Operator = (node, tools) => (inputs) => {
  const axis = axisOf(number(node, 'axis', 0), shapeOf(inputs[0]).length);
  const hosts = hostsOf(inputs);
  const [first, ...others] = inputs.map(shapeOf);
  tools.room.bounded(
    node,
    first.map((side, i) =>
      i === axis ? others.reduce((sum, shape) => sum + shape[i], side) : side,
    ),
  );
  // Sizes and scales stay known; tables are computed as tensors.
  const isTable = hosts && hosts.reduce((sum, { data }) => sum + data.length, 0) <= MOST_HOST;
  if (isTable) return joinedHosts(hosts, axis);
  if (inputs.some(isMap)) {
    const parts = inputs.map(channelsLast);
    // Joining channels is by far the slowest operation of wasm.
    const few = parts.length <= MOST_JOINED;
    const joined = axis === 1 && few && tf.getBackend() === 'wasm';
    return ofMap(joined ? joinChannels(parts) : tf.concat(parts, lastAxis(axis)));
  }
  return ofTensor(tf.concat(inputs.map(planar), axis));
};

function joinedHosts(hosts: readonly HostValue[], axis: number): Value {
  const { shape } = hosts[0];
  const outer = countOf(shape.slice(0, axis));
  const lengths = hosts.map(({ data }) => data.length / Math.max(1, outer));
  const rows = Array.from({ length: outer }, (_, row) =>
    hosts.flatMap(({ data }, i) => data.slice(row * lengths[i], (row + 1) * lengths[i])),
  );
  const side = hosts.reduce((sum, host) => sum + host.shape[axis], 0);
  return ofHost(
    rows.flat(),
    shape.map((own, i) => (i === axis ? side : own)),
    hosts.every(({ integer }) => integer),
  );
}

const reshape: Operator = (node) => (inputs) => {
  const [x, target] = inputs;
  const from = shapeOf(x);
  const wanted = known(node, target, 'sizes');
  const zeros = number(node, 'allowzero', 0) === 0;
  const shape = wanted.map((side, i) => (side === 0 && zeros ? from[i] : side));
  const count = countOf(from);
  const others = countOf(shape.filter((side) => side !== -1));
  return withShape(
    node,
    x,
    shape.map((side) => (side === -1 ? count / others : side)),
  );
};

const transpose: Operator = (node) => {
  const given = list(node, 'perm');
  // Of an order that is none it is told when the model is loaded.
  if (given) assertPermutation(node, given, given);
  return ([x]) => {
    const rank = shapeOf(x).length;
    const order = given ?? Array.from({ length: rank }, (_, i) => rank - 1 - i);
    assertPermutation(node, order, shapeOf(x));
    // A map as the graph sees it after NCHW → NHWC is the tensor itself, and back.
    const known =
      x.host &&
      arranged(
        x.host,
        order.map((axis) => shapeOf(x)[axis]),
        (place) => order.map((_, axis) => place[order.indexOf(axis)]),
      );
    if (known && !x.tensor) return known;
    if (isMap(x) && x.tensor && order.join() === '0,2,3,1') return ofTensor(x.tensor);
    if (x.tensor && !isMap(x) && order.join() === '0,3,1,2') return ofMap(x.tensor);
    return ofTensor(tf.transpose(planar(x), [...order]));
  };
};

/** tfjs's wasm kernel reads beyond its memory along axes that are there twice. */
export function assertPermutation(
  node: OnnxNode,
  order: readonly number[],
  shape: readonly number[],
): void {
  const sorted = [...order].sort((a, b) => a - b);
  if (sorted.length === shape.length && sorted.every((axis, i) => axis === i)) return;
  unsupported(node, `has the axes [${order}] for [${shape}]`);
}

const flatten: Operator =
  (node) =>
  ([x]) => {
    const shape = shapeOf(x);
    const axis = axisOf(number(node, 'axis', 1), shape.length);
    const rows = countOf(shape.slice(0, axis));
    return ofTensor(tf.reshape(planar(x), [rows, -1]));
  };

const squeeze: Operator =
  (node) =>
  ([x, second]) => {
    const shape = shapeOf(x);
    const given = attributeOrInput(node, 'axes', second);
    const axes = given?.map((axis) => axisOf(axis, shape.length));
    const kept = shape.filter((side, i) => (axes ? !axes.includes(i) : side !== 1));
    return withShape(node, x, kept);
  };

const unsqueeze: Operator =
  (node) =>
  ([x, second]) => {
    const shape = shapeOf(x);
    const given = attributeOrInput(node, 'axes', second) ?? [];
    const rank = shape.length + given.length;
    const axes = given.map((axis) => axisOf(axis, rank));
    const rest = [...shape];
    return withShape(
      node,
      x,
      Array.from({ length: rank }, (_, i) => (axes.includes(i) ? 1 : (rest.shift() as number))),
    );
  };

function withShape(node: OnnxNode, x: Value, shape: readonly number[]): Value {
  const [from, to] = [shapeOf(x), shape].map(countOf);
  if (from !== to || shape.some((side) => !Number.isInteger(side) || side < 0)) {
    unsupported(node, `makes [${shape}] of [${shapeOf(x)}]`);
  }
  const host = x.host && { ...x.host, shape };
  if (host && !x.tensor) return { host };
  return { host, tensor: tf.reshape(planar(x), [...shape]) };
}

const expand: Operator =
  (node, tools) =>
  ([x, target]) => {
    const shape = shapeOf(x);
    const wanted = known(node, target, 'sizes');
    const whole = commonShape(shape, wanted);
    if (whole.join() === shape.join()) return x;
    tools.room.bounded(node, whole);
    if (x.host && !x.tensor) {
      const ones = { data: wanted.map(() => 0), shape: wanted, integer: true };
      const repeated = mapHosts([x.host, ones], (value) => value, x.host.integer);
      if (repeated) return repeated;
    }
    return ofTensor(broadcast(planar(x), whole));
  };

/** As concatenations: `tf.tile` has no gradient beyond four axes. */
const tile: Operator =
  (node, tools) =>
  ([x, second]) => {
    const repeats = known(node, second, 'repeats');
    const sides = shapeOf(x);
    const result = tools.room.bounded(
      node,
      sides.map((side, i) => side * (repeats[i] ?? Number.NaN)),
    );
    const numbers =
      x.host && arranged(x.host, result, (place) => place.map((i, axis) => i % sides[axis]));
    if (numbers) return numbers;
    const tiled = repeats.reduce(
      (value, count, axis) =>
        count === 1
          ? value
          : tf.concat(
              Array.from({ length: count }, () => value),
              axis,
            ),
      planar(x),
    );
    return ofTensor(tiled);
  };

/** `DCR`: the channels are [row, column, channel]; `CRD`: [channel, row, column], PyTorch's `PixelShuffle`. */
const depthToSpace: Operator = (node) => {
  const block = number(node, 'blocksize', 1);
  const planarLast = string(node, 'mode', 'DCR') === 'CRD';
  return ([x]) => {
    const [n, channels, height, width] = shapeOf(x);
    const rest = channels / block ** 2;
    const split = planarLast ? [n, rest, block, block] : [n, block, block, rest];
    const order = planarLast ? [0, 1, 4, 2, 5, 3] : [0, 3, 4, 1, 5, 2];
    const pieces = tf.transpose(tf.reshape(planar(x), [...split, height, width]), order);
    return ofTensor(tf.reshape(pieces, [n, rest, height * block, width * block]));
  };
};

const PAD_MODES = ['constant', 'reflect', 'edge', 'wrap'];

/** The other end of each axis goes on beyond it. */
function wrapped(
  node: OnnxNode,
  x: tf.Tensor,
  around: readonly (readonly [before: number, after: number])[],
): tf.Tensor {
  return around.reduce((map, [before, after], axis) => {
    const side = map.shape[axis];
    if (before > side || after > side)
      unsupported(node, `wraps ${before} and ${after} of ${side} places`);
    const parts = [
      ...(before > 0 ? [sliceAlong(map, axis, side - before, before)] : []),
      map,
      ...(after > 0 ? [sliceAlong(map, axis, 0, after)] : []),
    ];
    return parts.length === 1 ? map : tf.concat(parts, axis);
  }, x);
}

const pad: Operator = (node, tools) => {
  const mode = string(node, 'mode', 'constant');
  if (!PAD_MODES.includes(mode)) unsupported(node, `has the mode ${mode}`);
  return ([x, second, value, axesAt]) => {
    const pads = attributeOrInput(node, 'pads', second) ?? unsupported(node, 'has no pads');
    const fill = isAbsent(value) ? number(node, 'value', 0) : known(node, value, 'values')[0];
    const rank = shapeOf(x).length;
    const chosen = isAbsent(axesAt) ? undefined : known(node, axesAt, 'axes');
    const axes = (chosen ?? pads.slice(pads.length / 2).map((_, i) => i)).map((axis) =>
      axisOf(axis, rank),
    );
    const around = Array.from({ length: rank }, (_, axis): [number, number] => {
      const i = axes.indexOf(axis);
      return i < 0 ? [0, 0] : [pads[i], pads[i + axes.length]];
    });
    tools.room.bounded(
      node,
      shapeOf(x).map((side, i) => side + around[i][0] + around[i][1]),
    );
    if (around.flat().some((side) => side < 0)) {
      const begin = around.map(([before]) => Math.max(0, -before));
      const size = shapeOf(x).map((side, i) => side - begin[i] - Math.max(0, -around[i][1]));
      const grown = around.map((sides) => sides.map((side) => Math.max(0, side)));
      // Cropped first, as onnxruntime does.
      const rest = {
        ...node,
        attributes: new Map(node.attributes).set(
          'pads',
          [0, 1].flatMap((k) => grown.map((sides) => sides[k])),
        ),
      };
      return pad(rest, tools)([part(x, begin, size), absent, value]);
    }
    if (mode === 'reflect' || mode === 'edge') {
      const [batch, channels, rows, columns] = around;
      if (rank !== 4 || [...batch, ...channels].some((side) => side > 0)) {
        unsupported(node, `has the mode ${mode} and the pads [${pads}]`);
      }
      const border = mode === 'edge' ? replicatePad : reflectPad;
      return ofMap(border(channelsLast(x), [...rows, ...columns]));
    }
    if (mode === 'wrap') return ofTensor(wrapped(node, planar(x), around));
    if (!isMap(x) || !x.tensor) return ofTensor(tf.pad(planar(x), around, fill));
    return ofMap(tf.pad(x.tensor, [around[0], around[2], around[3], around[1]], fill));
  };
};

/** The same values in another order or shape, or next to others. */
export const movement: Readonly<Record<string, Operator>> = {
  Concat: concat,
  Reshape: reshape,
  Transpose: transpose,
  Flatten: flatten,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Expand: expand,
  Tile: tile,
  DepthToSpace: depthToSpace,
  Pad: pad,
};
