import * as tf from '@tensorflow/tfjs-core';
import { countOf } from '../../count-of';
import { selectChannels } from '../../layers';
import { arranged } from './host';
import { attributeOrInput, isAbsent, known, number, type Operator } from './operator';
import { unsupported } from './unsupported';
import { axisOf, ofHost, ofMap, ofTensor, planar, shapeOf, sliceAlong, type Value } from './value';

/** Fewer slices are cut one by one; more are gathered by a product. */
const FEW = 16;
/** Values of the matrix of that product. */
const MOST_CHOICES = 2 ** 24;

const slice: Operator = (node) => (inputs) => {
  const [x, starts, ends, axesAt, stepsAt] = inputs;
  const shape = shapeOf(x);
  const from = attributeOrInput(node, 'starts', starts) ?? unsupported(node, 'has no starts');
  const to = attributeOrInput(node, 'ends', ends) ?? unsupported(node, 'has no ends');
  const axes = attributeOrInput(node, 'axes', axesAt) ?? from.map((_, i) => i);
  const steps = isAbsent(stepsAt) ? axes.map(() => 1) : known(node, stepsAt, 'steps');
  const begin = shape.map(() => 0);
  const size = [...shape];
  const strides: { axis: number; step: number }[] = [];
  for (const [i, given] of axes.entries()) {
    const axis = axisOf(given, shape.length);
    const length = shape[axis];
    const step = steps[i];
    if (!axisIn(axis, shape)) unsupported(node, `has the axis ${given} of [${shape}]`);
    if (!step) unsupported(node, 'has a step of 0');
    const clamp = (at: number, low: number, high: number) =>
      Math.min(high, Math.max(low, axisOf(at, length)));
    // Backwards, `end` is the place before the last: −1 − length and less mean the front.
    const [first, last] =
      step > 0
        ? [clamp(from[i], 0, length), clamp(to[i], 0, length) - 1]
        : [clamp(to[i], -1, length - 1) + 1, clamp(from[i], -1, length - 1)];
    begin[axis] = first;
    size[axis] = Math.max(0, last - first + 1);
    if (step !== 1) strides.push({ axis, step });
  }
  return strides.reduce((value, { axis, step }) => every(value, axis, step), part(x, begin, size));
};

/** Every `step`-th along an axis, from the last one on where it is negative. */
export function every(x: Value, axis: number, step: number): Value {
  const stride = Math.abs(step);
  if (x.host) {
    const { shape } = x.host;
    const from = (i: number) => (step < 0 ? shape[axis] - 1 - i * stride : i * stride);
    const kept = shape.map((side, i) => (i === axis ? Math.ceil(side / stride) : side));
    const known = arranged(x.host, kept, (at) => at.map((i, k) => (k === axis ? from(i) : i)));
    if (known) return known;
  }
  const y = step < 0 ? tf.reverse(planar(x), axis) : planar(x);
  if (stride === 1) return ofTensor(y);
  // As a reshape: a strided slice has no gradient.
  const side = y.shape[axis];
  if (stride >= side)
    return part(
      ofTensor(y),
      y.shape.map(() => 0),
      y.shape.map((n, i) => (i === axis ? Math.min(1, n) : n)),
    );
  const count = Math.ceil(side / stride);
  const missing = count * stride - y.shape[axis];
  const whole = tf.pad(
    y,
    y.shape.map((_, i): [number, number] => [0, i === axis ? missing : 0]),
  );
  const [before, after] = [y.shape.slice(0, axis), y.shape.slice(axis + 1)];
  const outer = countOf(before);
  const inner = countOf(after);
  const rows = tf.reshape(whole, [outer * count, stride, inner]);
  const kept = tf.slice(rows, [0, 0, 0], [outer * count, 1, inner]);
  return ofTensor(tf.reshape(kept, [...before, count, ...after]));
}

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

export function part(x: Value, begin: readonly number[], size: readonly number[]): Value {
  if (size.every((side, i) => side === shapeOf(x)[i])) return x;
  const known =
    x.host && arranged(x.host, size, (place) => place.map((i, axis) => i + begin[axis]));
  if (known) return known;
  if (x.last === true && x.tensor) {
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

/** Indices are known beforehand, of any shape, which takes the place of the axis. */
const gather: Operator =
  (node, tools) =>
  ([x, indices]) => {
    const shape = shapeOf(x);
    const axis = axisOf(number(node, 'axis', 0), shape.length);
    const length = shape[axis];
    const places = known(node, indices, 'indices').map((i) => axisOf(i, length));
    const wrong = places.find((place) => !(place >= 0 && place < length));
    if (wrong !== undefined) unsupported(node, `gathers ${wrong} of ${length}`);
    const table = shapeOf(indices);
    const [before, after] = [shape.slice(0, axis), shape.slice(axis + 1)];
    const result = [...before, ...table, ...after];
    if (x.host) {
      const { host } = x;
      const chosen = arranged(host, [...before, places.length, ...after], (at) =>
        at.map((i, k) => (k === axis ? places[i] : i)),
      );
      if (chosen?.host) return ofHost(chosen.host.data, result, host.integer);
    }
    tools.room.bounded(node, result);
    const y = planar(x);
    const rows = places.length > FEW ? chosen(y, axis, places) : cut(y, axis, places);
    if (rows === undefined) unsupported(node, `gathers ${places.length} of ${length}`);
    return ofTensor(tf.reshape(rows as tf.Tensor, result));
  };

/** wasm has no gradient of a gather: slices have one everywhere. */
function cut(x: tf.Tensor, axis: number, places: readonly number[]): tf.Tensor {
  const slices = places.map((place) => sliceAlong(x, axis, place, 1));
  return slices.length === 1 ? slices[0] : tf.concat(slices, axis);
}

/** A product with a matrix that has one 1 in every row. */
function chosen(x: tf.Tensor, axis: number, places: readonly number[]): tf.Tensor | undefined {
  const length = x.shape[axis];
  if (places.length * length > MOST_CHOICES) return undefined;
  const choices = new Float32Array(places.length * length);
  for (const [row, place] of places.entries()) choices[row * length + place] = 1;
  const before = countOf(x.shape.slice(0, axis));
  const after = countOf(x.shape.slice(axis + 1));
  const order = [1, 0, 2];
  const front = tf.reshape(tf.transpose(tf.reshape(x, [before, length, after]), order), [
    length,
    before * after,
  ]) as tf.Tensor2D;
  const rows = tf.matMul(tf.tensor2d(choices, [places.length, length]), front);
  return tf.transpose(tf.reshape(rows, [places.length, before, after]), order);
}

/** Pieces of a value. */
export const slicing: Readonly<Record<string, Operator>> = {
  Slice: slice,
  Split: split,
  Gather: gather,
};

const axisIn = (axis: number, shape: readonly number[]) =>
  Number.isInteger(axis) && axis >= 0 && axis < shape.length;
