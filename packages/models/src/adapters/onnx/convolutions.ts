import {
  adjointDepthwiseFilter,
  adjointFilter,
  type Borders,
  convolution,
  depthwiseConvolution,
  subpixelFilter,
  transposedConvolution,
} from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import { countOf } from '../../count-of';
import { FUSED_ACTIVATION } from './fuse-convolutions';
import { alsoOfOneAxis } from './one-axis';
import type { OnnxNode, OnnxTensor } from './onnx-model';
import { borderPads, list, number, type Operator, string, type Tools, weight } from './operator';
import { every } from './slicing';
import { unsupported } from './unsupported';
import { channelsLast, ofMap, ofTensor, planar } from './value';

/** A grouped filter becomes a dense one of zeros and blocks; above this it would be a waste. */
const MOST_DENSE = 2 ** 24;

/** Padding at every border for a map of that size, `auto_pad` included. */
export function bordersFor(
  node: OnnxNode,
  [kernelHeight, kernelWidth]: readonly number[],
  strides: readonly number[],
  dilations: readonly number[],
): (height: number, width: number) => Borders {
  const rule = string(node, 'auto_pad', 'NOTSET');
  const [top, left, bottom, right] = borderPads(node);
  if (rule === 'NOTSET') return () => [top, bottom, left, right];
  if (rule === 'VALID') return () => [0, 0, 0, 0];
  const along = (length: number, kernel: number, axis: number): [number, number] => {
    const [stride, dilation] = [strides[axis], dilations[axis]];
    const covered = (Math.ceil(length / stride) - 1) * stride + (kernel - 1) * dilation + 1;
    const total = Math.max(0, covered - length);
    const small = total >> 1;
    return rule === 'SAME_LOWER' ? [total - small, small] : [small, total - small];
  };
  return (height, width) => [...along(height, kernelHeight, 0), ...along(width, kernelWidth, 1)];
}

export const conv: Operator = alsoOfOneAxis((node, tools) => {
  const run = convolutionOf(
    node,
    planarFilter(node, weight(node, 1, tools)),
    biasOf(node, tools),
    tools,
  );
  return ([x]) => ofMap(run(channelsLast(x)));
});

/** A filter `[outputs, inputs / groups, height, width]`, row by row. */
export interface PlanarFilter {
  readonly shape: Shape4;
  readonly data: Float32Array;
}

/** The convolution that a node's attributes describe, of maps in NHWC. */
export function convolutionOf(
  node: OnnxNode,
  given: PlanarFilter,
  bias: tf.Tensor1D | undefined,
  tools: Tools,
): (map: tf.Tensor4D) => tf.Tensor4D {
  const group = number(node, 'group', 1);
  const strides = list(node, 'strides') ?? [1, 1];
  const dilations = list(node, 'dilations') ?? [1, 1];
  const borders = bordersFor(node, given.shape.slice(2), strides, dilations);
  const activation = activationOf(node);
  if (strides[0] !== strides[1]) {
    // At a stride of 1, and of that the rows and columns that are wanted.
    const attributes = new Map(node.attributes)
      .set('strides', [1, 1])
      .set('auto_pad', 'NOTSET')
      .set('pads', [0, 0, 0, 0]);
    const whole = convolutionOf({ ...node, attributes }, given, bias, tools);
    return (map) => {
      const [top, bottom, left, right] = borders(map.shape[1], map.shape[2]);
      const y = whole(
        tf.pad(map, [
          [0, 0],
          [top, bottom],
          [left, right],
          [0, 0],
        ]),
      );
      const rows = every(ofTensor(y), 1, strides[0]);
      return planar(every(rows, 2, strides[1])) as tf.Tensor4D;
    };
  }
  const stride = strides[0];
  const alike = dilations[0] === dilations[1];
  const dense = alike ? condensed(given) : { ...spread(node, tools, given, dilations), spacing: 1 };
  const dilation = alike ? dilations[0] * dense.spacing : 1;
  const { shape, data } = dense;
  const [outputs, perGroup] = shape;
  if (group > 1 && perGroup === 1 && outputs === group) {
    const filter = tools.keep(() => tf.transpose(tf.tensor4d(data, shape), [2, 3, 0, 1]));
    const adjoint = tools.keep(() => adjointDepthwiseFilter(filter));
    return (map) => {
      const padding = borders(map.shape[1], map.shape[2]);
      const options = { stride, dilation, padding, activation };
      return depthwiseConvolution(map, { filter, adjoint, bias }, options);
    };
  }
  const filled = group === 1 ? data : inBlocks(node, data, shape, group, 'outputs');
  const whole: Shape4 = [outputs, perGroup * group, shape[2], shape[3]];
  const filter = tools.keep(() => tf.transpose(tf.tensor4d(filled, whole), [2, 3, 1, 0]));
  // At a stride the prepared filter belongs to one padding.
  const adjoint = stride === 1 ? tools.keep(() => adjointFilter(filter)) : undefined;
  return (map) => {
    const padding = borders(map.shape[1], map.shape[2]);
    return convolution(map, { filter, adjoint, bias }, { stride, dilation, padding, activation });
  };
}

function activationOf(node: OnnxNode): 'linear' | 'relu' | 'relu6' {
  const fused = node.attributes.get(FUSED_ACTIVATION);
  return fused === 'relu' || fused === 'relu6' ? fused : 'linear';
}

/** A filter that was exported with the zeros of its dilation, without them, and the dilation that they stand for. */
function condensed({ shape, data }: PlanarFilter): PlanarFilter & { readonly spacing: number } {
  const [outputs, inputs, height, width] = shape;
  for (let spacing = Math.min(height, width) - 1; spacing > 1; spacing--) {
    if ((height - 1) % spacing !== 0 || (width - 1) % spacing !== 0) continue;
    const rowOf = (i: number) => Math.floor(i / width) % height;
    const isTap = (i: number) => rowOf(i) % spacing === 0 && (i % width) % spacing === 0;
    if (!data.every((value, i) => value === 0 || isTap(i))) continue;
    const taps = data.filter((_, i) => isTap(i));
    const [tall, wide] = [(height - 1) / spacing + 1, (width - 1) / spacing + 1];
    return { shape: [outputs, inputs, tall, wide], data: taps, spacing };
  }
  return { shape, data, spacing: 1 };
}

/** A filter with the zeros between its values that a dilation stands for. */
function spread(
  node: OnnxNode,
  tools: Tools,
  { shape, data }: PlanarFilter,
  dilations: readonly number[],
): PlanarFilter {
  if (dilations.every((dilation) => dilation === 1)) return { shape, data };
  const [outputs, inputs, height, width] = shape;
  const tall = (height - 1) * dilations[0] + 1;
  const wide = (width - 1) * dilations[1] + 1;
  const size = tools.room.bounded(node, [outputs, inputs, tall, wide] as const);
  const spaced = new Float32Array(countOf(size));
  for (const [i, value] of data.entries()) {
    const [plane, row] = [Math.floor(i / (height * width)), Math.floor(i / width) % height];
    const at = row * dilations[0] * wide + (i % width) * dilations[1];
    spaced[plane * tall * wide + at] = value;
  }
  return { shape: [...size] as Shape4, data: spaced };
}

export const convTranspose: Operator = alsoOfOneAxis((node, tools) => {
  const given = planarFilter(node, weight(node, 1, tools));
  const { shape, data } = spread(node, tools, given, list(node, 'dilations') ?? [1, 1]);
  const group = number(node, 'group', 1);
  const strides = list(node, 'strides') ?? [1, 1];
  const alike = strides[0] === strides[1];
  // Zeros stand between the places of the map where the axes differ.
  const stride = alike ? strides[0] : 1;
  const cutFor = cutOfTransposed(node, shape.slice(2), strides);
  // The prepared filter has a place for every pixel of a stride.
  const [tallest, widest] = [shape[2], shape[3]].map((k) => (Math.ceil(k / stride) + 1) * stride);
  tools.room.bounded(node, [shape[0], shape[1] * group, tallest, widest]);
  const dense = group === 1 ? data : inBlocks(node, data, shape, group, 'inputs');
  const whole: Shape4 = [shape[0], shape[1] * group, shape[2], shape[3]];
  const filter = tools.keep(() => tf.transpose(tf.tensor4d(dense, whole), [2, 3, 1, 0]));
  const prepared = tools.keep(() =>
    stride === 1 ? adjointFilter(filter) : subpixelFilter(filter, stride, [0, 0, 0, 0]),
  );
  const bias = biasOf(node, tools);
  return ([x]) => {
    const map = channelsLast(x);
    const [batch, high, broad] = map.shape;
    tools.room.bounded(node, [
      batch,
      high * strides[0] + whole[2],
      broad * strides[1] + whole[3],
      whole[1],
    ]);
    const input = alike ? map : spaced(map, strides);
    const y = transposedConvolution(input, { filter, prepared, bias }, { stride });
    const [n, height, width, channels] = y.shape;
    const [[top, tall], [left, wide]] = cutFor([high, broad]);
    if (tall < 1 || wide < 1) unsupported(node, `leaves ${tall}×${wide} of ${height}×${width}`);
    tools.room.bounded(node, [n, top + tall, left + wide, channels]);
    const all = grown(y, [top + tall - height, left + wide - width], bias);
    return ofMap(tf.slice(all, [0, top, left, 0], [n, tall, wide, channels]));
  };
});

/** A map with rows and columns behind it that no place of the kernel reaches: there is nothing but the bias. */
function grown(
  map: tf.Tensor4D,
  [down, across]: readonly number[],
  bias: tf.Tensor1D | undefined,
): tf.Tensor4D {
  if (down <= 0 && across <= 0) return map;
  const [rows, columns] = [Math.max(0, down), Math.max(0, across)];
  const sides: [number, number][] = [
    [0, 0],
    [0, rows],
    [0, columns],
    [0, 0],
  ];
  const zeros = tf.pad(map, sides);
  if (bias === undefined) return zeros;
  const [n, height, width] = map.shape;
  const outside = tf.pad(tf.zeros([n, height, width, 1]), sides, 1);
  return tf.add(zeros, tf.mul(outside, bias)) as tf.Tensor4D;
}

/**
 * What is kept of a transposed convolution along each axis, first place and length: its padding is cut off, that of the
 * node or what `output_shape` and `auto_pad` leave over.
 */
function cutOfTransposed(
  node: OnnxNode,
  kernel: readonly number[],
  strides: readonly number[],
): (sides: readonly number[]) => (readonly [from: number, length: number])[] {
  const rule = string(node, 'auto_pad', 'NOTSET');
  const wanted = list(node, 'output_shape')?.slice(-2);
  const added = list(node, 'output_padding') ?? [0, 0];
  const dilations = list(node, 'dilations') ?? [1, 1];
  if (added.some((more, axis) => more > 0 && more >= Math.max(strides[axis], dilations[axis])))
    unsupported(node, `has output_padding [${added}] for strides [${strides}]`);
  const [top, left, bottom, right] = rule === 'VALID' ? [0, 0, 0, 0] : borderPads(node);
  const isSame = rule.startsWith('SAME');
  return (sides) =>
    sides.map((side, axis) => {
      const all = (side - 1) * strides[axis] + kernel[axis] + added[axis];
      // A kernel that is smaller than its stride leaves fewer than the rule asks for, as in onnxruntime.
      const same = isSame ? Math.min(all, side * strides[axis]) : undefined;
      const length = wanted?.[axis] ?? same;
      if (length !== undefined && length > all)
        unsupported(node, `has an output_shape of ${length} where ${all} are made`);
      if (length === undefined) {
        const pads = axis === 0 ? [top, bottom] : [left, right];
        return [pads[0], all - pads[0] - pads[1]];
      }
      const over = Math.max(0, all - length);
      return [rule === 'SAME_UPPER' ? over >> 1 : over - (over >> 1), length];
    });
}

/** A map with zeros between its places, as many as a stride of each axis leaves out. */
function spaced(map: tf.Tensor4D, [down, across]: readonly number[]): tf.Tensor4D {
  const [n, height, width, channels] = map.shape;
  const rows = tf.pad(tf.reshape(map, [n * height, 1, width * channels]), [
    [0, 0],
    [0, down - 1],
    [0, 0],
  ]);
  const both = tf.pad(tf.reshape(rows, [n * height * down * width, 1, channels]), [
    [0, 0],
    [0, across - 1],
    [0, 0],
  ]);
  const grown = tf.reshape(both, [n, height * down, width * across, channels]);
  const size = [n, (height - 1) * down + 1, (width - 1) * across + 1, channels];
  return tf.slice(grown, [0, 0, 0, 0], size) as tf.Tensor4D;
}

type Shape4 = [number, number, number, number];

export function planarFilter(
  node: OnnxNode,
  { name, shape, data, integer }: OnnxTensor,
): PlanarFilter {
  if (integer)
    unsupported(node, `has integers for its weight "${name}", which nothing dequantises`);
  const axes = shape.length - 2;
  if (axes !== 1 && axes !== 2)
    unsupported(node, `has a filter [${shape}]; one or two axes are supported`);
  // Nothing to hold, and windows as large as a file likes to claim.
  if (shape.includes(0)) unsupported(node, `has a filter [${shape}] of nothing`);
  const [outputs, inputs, ...sides] = shape as Shape4;
  const [height, width] = axes === 1 ? [1, sides[0]] : sides;
  return { shape: [outputs, inputs, height, width], data: Float32Array.from(data) };
}

function biasOf(node: OnnxNode, tools: Tools): tf.Tensor1D | undefined {
  if (!node.inputs[2]) return undefined;
  const { data }: OnnxTensor = weight(node, 2, tools);
  return tools.keep(() => tf.tensor1d([...data]));
}

/** `[outputs, inputs / groups, …]`, or `[inputs, outputs / groups, …]`, with zeros between the groups. */
function inBlocks(
  node: OnnxNode,
  data: Float32Array,
  [rows, columns, height, width]: Shape4,
  groups: number,
  first: 'outputs' | 'inputs',
): Float32Array {
  const area = height * width;
  const size = rows * columns * groups * area;
  if (rows % groups !== 0 || size > MOST_DENSE) {
    unsupported(node, `has ${groups} groups of ${first === 'outputs' ? columns : rows} channels`);
  }
  const dense = new Float32Array(size);
  for (let row = 0; row < rows; row++) {
    const block = Math.floor(row / (rows / groups));
    const from = row * columns * area;
    dense.set(data.subarray(from, from + columns * area), (row * groups + block) * columns * area);
  }
  return dense;
}
