import * as tf from '@tensorflow/tfjs-core';
import { countOf } from '../../count-of';
import { attributeOrInput, known, number, type Operator } from './operator';
import {
  axisOf,
  type HostValue,
  lastAxis,
  ofHost,
  ofTensor,
  planar,
  shapeOf,
  sliceAlong,
} from './value';

type Reduce = (x: tf.Tensor, axes: number[], keep: boolean) => tf.Tensor;

/** @param onHost of numbers known beforehand, all of them at once */
const reduction =
  (f: Reduce, onHost?: (data: readonly number[]) => number): Operator =>
  (node) => {
    const keep = number(node, 'keepdims', 1) === 1;
    const still = number(node, 'noop_with_empty_axes', 0) === 1;
    return ([x, second]) => {
      const shape = shapeOf(x);
      const given = attributeOrInput(node, 'axes', second) ?? [];
      if (given.length === 0 && still) return x;
      const all = shape.map((_, i) => i);
      const axes = given.length === 0 ? all : given.map((axis) => axisOf(axis, shape.length));
      if (x.host && onHost && axes.length === shape.length) {
        return ofHost([onHost(x.host.data)], keep ? shape.map(() => 1) : [], x.host.integer);
      }
      if (x.last && x.tensor && keep) {
        return { tensor: f(x.tensor, axes.map(lastAxis), true), last: true };
      }
      return ofTensor(f(planar(x), axes, keep));
    };
  };

const total = (data: readonly number[]) => data.reduce((a, b) => a + b, 0);

/** Halves are multiplied until one is left: unlike a sum of logarithms that has a sign, a zero, and the gradient of both. */
const product: Reduce = (x, axes, keep) => {
  const found = axes.reduce((map, axis) => {
    let rest = map;
    while (rest.shape[axis] > 1) {
      const side = rest.shape[axis];
      const half = side >> 1;
      const cut = (from: number, length: number) => sliceAlong(rest, axis, from, length);
      const pairs = tf.mul(cut(0, half), cut(half, half));
      rest = side % 2 === 0 ? pairs : tf.concat([pairs, cut(2 * half, 1)], axis);
    }
    return rest;
  }, x);
  return keep ? found : tf.squeeze(found, axes);
};

export const reductions: Readonly<Record<string, Operator>> = {
  ReduceMean: reduction(tf.mean),
  ReduceSum: reduction(tf.sum, total),
  ReduceMax: reduction(tf.max, (data) => Math.max(...data)),
  ReduceMin: reduction(tf.min, (data) => Math.min(...data)),
  ReduceL2: reduction((x, axes, keep) => tf.sqrt(tf.sum(tf.square(x), axes, keep))),
  ReduceSumSquare: reduction((x, axes, keep) => tf.sum(tf.square(x), axes, keep)),
  ReduceL1: reduction((x, axes, keep) => tf.sum(tf.abs(x), axes, keep)),
  ReduceLogSum: reduction((x, axes, keep) => tf.log(tf.sum(x, axes, keep))),
  ReduceLogSumExp: reduction((x, axes, keep) => tf.logSumExp(x, axes, keep)),
  // Σ of everything before, along one axis: a product with a triangle of ones.
  CumSum: (node, tools) => {
    const exclusive = number(node, 'exclusive', 0) === 1;
    const backwards = number(node, 'reverse', 0) === 1;
    return ([x, along]) => {
      const shape = shapeOf(x);
      const axis = axisOf(known(node, along, 'an axis')[0], shape.length);
      const side = shape[axis];
      if (x.host !== undefined)
        return ofHost(cumulated(x.host, axis, exclusive, backwards), shape, x.host.integer);
      tools.room.bounded(node, [side, side]);
      const order = shape.map((_, i) => i);
      [order[axis], order[shape.length - 1]] = [order[shape.length - 1], order[axis]];
      const triangle = tf.tidy(() => {
        const [row, column] = [tf.range(0, side), tf.range(0, side)];
        const before = (exclusive ? tf.less : tf.lessEqual)(tf.expandDims(row, 1), column);
        const ones = tf.cast(before, 'float32');
        return backwards ? tf.transpose(ones) : ones;
      }) as tf.Tensor2D;
      const turned = tf.transpose(planar(x), order);
      const added = tf.matMul(tf.reshape(turned, [-1, side]) as tf.Tensor2D, triangle);
      return ofTensor(tf.transpose(tf.reshape(added, turned.shape), order));
    };
  },
  ReduceProd: reduction(product, (data) => data.reduce((a, b) => a * b, 1)),
};

/** Of numbers that are known: places stay known so. */
function cumulated(
  { shape, data }: HostValue,
  axis: number,
  exclusive: boolean,
  backwards: boolean,
): number[] {
  const side = shape[axis];
  const step = countOf(shape.slice(axis + 1));
  const sums = [...data];
  for (let first = 0; first < data.length; first++) {
    if (Math.floor(first / step) % side !== 0) continue;
    let sum = 0;
    for (let k = 0; k < side; k++) {
      const at = first + (backwards ? side - 1 - k : k) * step;
      if (exclusive) sums[at] = sum;
      sum += data[at];
      if (!exclusive) sums[at] = sum;
    }
  }
  return sums;
}
