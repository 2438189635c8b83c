import * as tf from '@tensorflow/tfjs-core';
import { joinChannels, selectChannels } from '../../layers';
import {
  attributeOrInput,
  isAbsent,
  known,
  list,
  number,
  type Operator,
  unsupported,
} from './operator';
import {
  axisOf,
  channelsLast,
  lastAxis,
  ofHost,
  ofMap,
  ofTensor,
  planar,
  shapeOf,
  type Value,
} from './value';

const isMap = (value: Value) => value.last === true;

const concat: Operator = (node) => (inputs) => {
  const axis = axisOf(number(node, 'axis', 0), shapeOf(inputs[0]).length);
  if (inputs.every(({ host, tensor }) => host && tensor === undefined) && axis === 0) {
    const data = inputs.flatMap(({ host }) => host?.data ?? []);
    return ofHost(
      data,
      [data.length],
      inputs.every(({ host }) => host?.integer),
    );
  }
  if (inputs.some(isMap)) {
    const parts = inputs.map(channelsLast);
    // Joining channels is by far the slowest operation of wasm.
    const joined = axis === 1 && tf.getBackend() === 'wasm';
    return ofMap(joined ? joinChannels(parts) : tf.concat(parts, lastAxis(axis)));
  }
  return ofTensor(tf.concat(inputs.map(planar), axis));
};

const reshape: Operator = (node) => (inputs) => {
  const [x, target] = inputs;
  const from = shapeOf(x);
  const wanted = known(node, target, 'sizes');
  const zeros = number(node, 'allowzero', 0) === 0;
  const shape = wanted.map((side, i) => (side === 0 && zeros ? from[i] : side));
  const { host } = x;
  if (host && !x.tensor) {
    const others = shape.filter((side) => side !== -1).reduce((a, b) => a * b, 1);
    const whole = shape.map((side) => (side === -1 ? host.data.length / others : side));
    return ofHost(host.data, whole, host.integer);
  }
  return ofTensor(tf.reshape(planar(x), [...shape]));
};

const transpose: Operator =
  (node) =>
  ([x]) => {
    const rank = shapeOf(x).length;
    const order = list(node, 'perm') ?? Array.from({ length: rank }, (_, i) => rank - 1 - i);
    // A map as the graph sees it after NCHW → NHWC is the tensor itself, and back.
    if (isMap(x) && x.tensor && order.join() === '0,2,3,1') return ofTensor(x.tensor);
    if (x.tensor && !isMap(x) && order.join() === '0,3,1,2') return ofMap(x.tensor);
    return ofTensor(tf.transpose(planar(x), [...order]));
  };

const flatten: Operator =
  (node) =>
  ([x]) => {
    const shape = shapeOf(x);
    const axis = axisOf(number(node, 'axis', 1), shape.length);
    const rows = shape.slice(0, axis).reduce((a, b) => a * b, 1);
    return ofTensor(tf.reshape(planar(x), [rows, -1]));
  };

const squeeze: Operator =
  (node) =>
  ([x, second]) => {
    const shape = shapeOf(x);
    const given = attributeOrInput(node, 'axes', second);
    const axes = given?.map((axis) => axisOf(axis, shape.length));
    const kept = shape.filter((side, i) => (axes ? !axes.includes(i) : side !== 1));
    return withShape(x, kept);
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
      x,
      Array.from({ length: rank }, (_, i) => (axes.includes(i) ? 1 : (rest.shift() as number))),
    );
  };

function withShape(x: Value, shape: readonly number[]): Value {
  if (x.host && !x.tensor) return ofHost(x.host.data, shape, x.host.integer);
  return ofTensor(tf.reshape(planar(x), [...shape]));
}

const slice: Operator = (node) => (inputs) => {
  const [x, starts, ends, axesAt, stepsAt] = inputs;
  const shape = shapeOf(x);
  const from = attributeOrInput(node, 'starts', starts) ?? unsupported(node, 'has no starts');
  const to = attributeOrInput(node, 'ends', ends) ?? unsupported(node, 'has no ends');
  const axes = attributeOrInput(node, 'axes', axesAt) ?? from.map((_, i) => i);
  const steps = isAbsent(stepsAt) ? undefined : known(node, stepsAt, 'steps');
  if (steps?.some((step) => step !== 1)) unsupported(node, `has the steps [${steps}]`);
  const begin = shape.map(() => 0);
  const size = [...shape];
  for (const [i, axis] of axes.entries()) {
    const place = axisOf(axis, shape.length);
    const within = (at: number) => Math.min(shape[place], Math.max(0, axisOf(at, shape[place])));
    begin[place] = within(from[i]);
    size[place] = Math.max(0, within(to[i]) - begin[place]);
  }
  return part(x, begin, size);
};

const split: Operator =
  (node) =>
  ([x, second]) => {
    const shape = shapeOf(x);
    const axis = axisOf(number(node, 'axis', 0), shape.length);
    const count = node.outputs.length;
    const each = Math.ceil(shape[axis] / count);
    const sizes =
      attributeOrInput(node, 'split', second) ??
      node.outputs.map((_, i) => Math.min(each, shape[axis] - i * each));
    let at = 0;
    return sizes.map((length) => {
      const begin = shape.map((_, i) => (i === axis ? at : 0));
      at += length;
      return part(
        x,
        begin,
        shape.map((side, i) => (i === axis ? length : side)),
      );
    });
  };

function part(x: Value, begin: readonly number[], size: readonly number[]): Value {
  if (x.host && !x.tensor && begin.length === 1) {
    return ofHost(x.host.data.slice(begin[0], begin[0] + size[0]), [size[0]], x.host.integer);
  }
  if (isMap(x) && x.tensor) {
    const map = x.tensor as tf.Tensor4D;
    const channels = [0, 2, 3].every((axis) => size[axis] === shapeOf(x)[axis]);
    if (channels) return ofMap(selectChannels(map, begin[1], size[1]));
    const order = [0, 2, 3, 1];
    return ofMap(
      tf.slice(
        map,
        order.map((i) => begin[i]),
        order.map((i) => size[i]),
      ),
    );
  }
  return ofTensor(tf.slice(planar(x), [...begin], [...size]));
}

const gather: Operator =
  (node) =>
  ([x, indices]) => {
    const places = known(node, indices, 'indices');
    const axis = axisOf(number(node, 'axis', 0), shapeOf(x).length);
    const scalar = shapeOf(indices).length === 0;
    if (x.host && !x.tensor && shapeOf(x).length === 1) {
      const { data, integer } = x.host;
      const values = places.map((i) => data[axisOf(i, data.length)]);
      return ofHost(values, scalar ? [] : [...shapeOf(indices)], integer);
    }
    if (shapeOf(indices).length > 1) unsupported(node, 'gathers by a table of indices');
    if (places.length > 256) unsupported(node, `gathers ${places.length} slices`);
    // As slices: wasm has no gradient of a gather.
    const slices = places.map((i) => {
      const begin = shapeOf(x).map((_, k) => (k === axis ? axisOf(i, shapeOf(x)[axis]) : 0));
      const size = shapeOf(x).map((side, k) => (k === axis ? 1 : side));
      return tf.slice(planar(x), begin, size);
    });
    return ofTensor(scalar ? tf.squeeze(slices[0], [axis]) : tf.concat(slices, axis));
  };

const shapeOperator: Operator = (node) => {
  if (number(node, 'start', 0) !== 0 || node.attributes.has('end')) unsupported(node, 'is a part');
  return ([x]) => ofHost([...shapeOf(x)]);
};

const constantOfShape: Operator = (node) => {
  const value = node.attributes.get('value');
  const tensor = typeof value === 'object' && 'data' in value ? value : undefined;
  return ([shape]) => {
    const sides = known(node, shape, 'sizes');
    const count = sides.reduce((a, b) => a * b, 1);
    if (count > 2 ** 16) unsupported(node, `makes ${count} values`);
    const fill = tensor?.data[0] ?? 0;
    return ofHost(
      Array.from({ length: count }, () => fill),
      sides,
      tensor?.integer ?? false,
    );
  };
};

const expand: Operator =
  (node) =>
  ([x, target]) => {
    const shape = shapeOf(x);
    const wanted = known(node, target, 'sizes');
    const rank = Math.max(shape.length, wanted.length);
    const at = (sides: readonly number[], i: number) => sides[i - (rank - sides.length)] ?? 1;
    const whole = Array.from({ length: rank }, (_, i) => Math.max(at(shape, i), at(wanted, i)));
    if (whole.join() === shape.join()) return x;
    const ones = tf.ones(whole);
    return ofTensor(tf.mul(planar(x), ones));
  };

const gemm: Operator = (node) => {
  const [alpha, beta] = [number(node, 'alpha', 1), number(node, 'beta', 1)];
  const [first, second] = [number(node, 'transA', 0) === 1, number(node, 'transB', 0) === 1];
  return ([a, b, c]) => {
    const product = tf.matMul(planar(a), planar(b), first, second);
    const scaled = alpha === 1 ? product : tf.mul(product, alpha);
    if (isAbsent(c)) return ofTensor(scaled);
    return ofTensor(tf.add(scaled, beta === 1 ? planar(c) : tf.mul(planar(c), beta)));
  };
};

const matMul: Operator =
  () =>
  ([a, b]) =>
    ofTensor(tf.matMul(planar(a), planar(b)));

const pad: Operator =
  (node) =>
  ([x, second, value]) => {
    const mode = node.attributes.get('mode') ?? 'constant';
    if (mode !== 'constant') unsupported(node, `has the mode ${mode}`);
    const pads = attributeOrInput(node, 'pads', second) ?? unsupported(node, 'has no pads');
    const fill = isAbsent(value) ? number(node, 'value', 0) : known(node, value, 'values')[0];
    const rank = shapeOf(x).length;
    const around = Array.from({ length: rank }, (_, i): [number, number] => [
      pads[i],
      pads[i + rank],
    ]);
    if (around.flat().some((side) => side < 0)) unsupported(node, `has the pads [${pads}]`);
    if (!isMap(x) || !x.tensor) return ofTensor(tf.pad(planar(x), around, fill));
    return ofMap(tf.pad(x.tensor, [around[0], around[2], around[3], around[1]], fill));
  };

export const arrangement: Readonly<Record<string, Operator>> = {
  Concat: concat,
  Reshape: reshape,
  Transpose: transpose,
  Flatten: flatten,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Slice: slice,
  Split: split,
  Gather: gather,
  Shape: shapeOperator,
  ConstantOfShape: constantOfShape,
  Expand: expand,
  Gemm: gemm,
  MatMul: matMul,
  Pad: pad,
};
