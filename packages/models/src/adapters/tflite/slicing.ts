import * as tf from '@tensorflow/tfjs-core';
import { hostsOf } from '../onnx/host';
import type { OnnxNode } from '../onnx/onnx-model';
import { number, type Operator, type Tools } from '../onnx/operator';
import { slicing as shared } from '../onnx/slicing';
import { unsupported } from '../onnx/unsupported';
import { axisOf, ofHost, ofTensor, planar, shapeOf, type Value } from '../onnx/value';
import { reshaped } from './movement';
import { like, requireSize, sizesOf } from './operators';

/** Beyond every side, from the front and from the back. */
const END = 2 ** 31;

const slice: Operator = (node, tools) => {
  const step = like(shared.Slice, {})(node, tools);
  return ([x, begin, size]) => {
    const starts = sizesOf(node, begin, 'places');
    const counts = sizesOf(node, size, 'sizes');
    const shape = shapeOf(x);
    const ends = starts.map((start, i) => (counts[i] === -1 ? shape[i] : start + counts[i]));
    if (
      starts.length !== shape.length ||
      ends.some((end, i) => !(end <= shape[i] && starts[i] >= 0))
    ) {
      unsupported(node, `cuts [${starts}] to [${ends}] out of [${shape}]`);
    }
    return step([x, ofHost(starts), ofHost(ends)]);
  };
};

/** One entry of the slice for each axis of the value, or for a new one, or for all that are not named. */
const stridedSlice: Operator = (node, tools) => {
  const step = like(shared.Slice, {})(node, tools);
  const has = (mask: string, i: number) => ((number(node, mask, 0) >> i) & 1) === 1;
  return ([x, begin, end, strides]) => {
    const [from, to, by] = [begin, end, strides].map((value) => sizesOf(node, value, 'places'));
    const shape = shapeOf(x);
    const real = from.filter((_, i) => !has('ellipsisMask', i) && !has('newAxisMask', i)).length;
    if (real > shape.length || to.length !== from.length || by.length !== from.length) {
      unsupported(node, `cuts [${from}] to [${to}] by [${by}] out of [${shape}]`);
    }
    const cut = {
      starts: [] as number[],
      ends: [] as number[],
      axes: [] as number[],
      steps: [] as number[],
    };
    // The axes of the result: one of the value's, or one of length 1.
    const kept: (number | 'new')[] = [];
    let axis = 0;
    for (let i = 0; i < from.length; i++) {
      if (has('ellipsisMask', i)) {
        for (const stop = axis + shape.length - real; axis < stop; axis++) kept.push(axis);
      } else if (has('newAxisMask', i)) kept.push('new');
      else {
        const single = has('shrinkMask', i);
        const forward = single || by[i] > 0;
        const open = { first: forward ? 0 : END, last: forward ? END : -END };
        cut.axes.push(axis);
        cut.steps.push(single ? 1 : by[i]);
        cut.starts.push(!single && has('beginMask', i) ? open.first : from[i]);
        // The last place, counted from the end, has no next one.
        const next = from[i] === -1 ? END : from[i] + 1;
        cut.ends.push(single ? next : has('endMask', i) ? open.last : to[i]);
        if (!single) kept.push(axis);
        axis++;
      }
    }
    for (; axis < shape.length; axis++) kept.push(axis);
    const values = [cut.starts, cut.ends, cut.axes, cut.steps].map((list) => ofHost(list));
    const y = step([x, ...values]) as Value;
    return reshaped(
      node,
      y,
      kept.map((place) => (place === 'new' ? 1 : shapeOf(y)[place])),
    );
  };
};

/** The axis is an input: the first, or with sizes the third. */
const split =
  (places: { readonly value: number; readonly axis: number; readonly sizes?: number }): Operator =>
  (node, tools) =>
  (inputs) => {
    const [axis] = sizesOf(node, inputs[places.axis], 'axes');
    const x = inputs[places.value];
    const whole = shapeOf(x)[axisOf(axis, shapeOf(x).length)];
    const sizes =
      places.sizes === undefined ? undefined : [...sizesOf(node, inputs[places.sizes], 'sizes')];
    const open = sizes?.indexOf(-1) ?? -1;
    // One size may be left open.
    if (sizes && open >= 0) sizes[open] = whole - sizes.reduce((a, b) => a + b, 1);
    return cutUp(node, tools, axis, [x, ...(sizes ? [ofHost(sizes)] : [])]);
  };

const cutUp = (node: OnnxNode, tools: Tools, axis: number, inputs: readonly Value[]) =>
  like(shared.Split, { axis })(node, tools)(inputs);

const gather: Operator = (node, tools) => {
  if (number(node, 'batchAxes', 0) !== 0) unsupported(node, 'gathers along several axes');
  const axis = number(node, 'axis', 0);
  const step = like(shared.Gather, { axis })(node, tools);
  return (inputs) => {
    const shape = [...shapeOf(inputs[0])];
    shape.splice(axisOf(axis, shape.length), 1, ...shapeOf(inputs[1]));
    requireSize(node, shape);
    return step(inputs);
  };
};

const pack: Operator = (node) => (inputs) => {
  const shape = shapeOf(inputs[0]);
  requireSize(node, [...shape, inputs.length]);
  const hosts = hostsOf(inputs);
  if (hosts?.every((host) => host.integer && host.shape.length === 0)) {
    return ofHost(hosts.map(({ data }) => data[0]));
  }
  return ofTensor(tf.stack(inputs.map(planar), axisOf(number(node, 'axis', 0), shape.length + 1)));
};

const unpack: Operator =
  (node) =>
  ([x]) => {
    const axis = axisOf(number(node, 'axis', 0), shapeOf(x).length);
    if (x.host?.integer === true && shapeOf(x).length === 1) {
      return x.host.data.map((value) => ofHost([value], []));
    }
    return tf.unstack(planar(x), axis).map(ofTensor);
  };

/** Pieces of a value, and values as pieces of one. */
export const slicing: Readonly<Record<string, Operator>> = {
  SLICE: slice,
  STRIDED_SLICE: stridedSlice,
  SPLIT: split({ value: 1, axis: 0 }),
  SPLIT_V: split({ value: 0, sizes: 1, axis: 2 }),
  GATHER: gather,
  PACK: pack,
  UNPACK: unpack,
};
