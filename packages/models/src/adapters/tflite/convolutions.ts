import {
  adjointDepthwiseFilter,
  adjointFilter,
  type Borders,
  type ConvolutionWeights,
  convolution,
  depthwiseConvolution,
  subpixelFilter,
  transposedConvolution,
} from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { OnnxNode } from '../onnx/onnx-model';
import { number, type Operator, type Tools } from '../onnx/operator';
import { unsupported } from '../onnx/unsupported';
import { ofTensor } from '../onnx/value';
import {
  activationOf,
  biasOf,
  filterOf,
  mapOf,
  paddingAlong,
  paddingOf,
  requireSize,
  sameForBoth,
  sizesOf,
} from './operators';

const RELU = 1;
/** A depthwise filter of several outputs per channel becomes a dense one with zeros; above this a waste. */
const MOST_DENSE = 2 ** 22;

type Run = (map: tf.Tensor4D) => tf.Tensor4D;

/** Filter `[outputs, height, width, inputs]`. */
const conv: Operator = (node, tools) => {
  const { data, shape } = filterOf(node, 1, tools);
  const [outputs, , , inputs] = shape;
  const filter = tools.keep(() => tf.transpose(tf.tensor4d(data, shape), [1, 2, 3, 0]));
  const run = dense(node, filter, biasOf(node, 2, outputs, tools), tools);
  return ([x]) => ofTensor(run(mapOf(node, x, inputs)));
};

/** Filter `[1, height, width, channels · multiplier]`, the outputs of a channel side by side. */
const depthwise: Operator = (node, tools) => {
  const { data, shape } = filterOf(node, 1, tools);
  const [one, height, width, outputs] = shape;
  if (one !== 1) unsupported(node, `has the filter [${shape}]`);
  const bias = biasOf(node, 2, outputs, tools);
  const multiplier = Math.max(1, number(node, 'multiplier', 1));
  const channels = outputs / multiplier;
  if (!Number.isInteger(channels))
    unsupported(node, `makes ${outputs} channels, ${multiplier} of each`);
  const run =
    multiplier === 1
      ? channelByChannel(
          node,
          tools.keep(() => tf.tensor4d(data, [height, width, outputs, 1])),
          bias,
          tools,
        )
      : dense(node, spread(node, data, [height, width, channels, outputs], tools), bias, tools);
  return ([x]) => ofTensor(run(mapOf(node, x, channels)));
};

/** The dense filter that does what a depthwise one does. */
function spread(
  node: OnnxNode,
  data: Float32Array,
  shape: [number, number, number, number],
  tools: Tools,
): tf.Tensor4D {
  const [height, width, channels, outputs] = shape;
  const size = height * width * channels * outputs;
  if (size > MOST_DENSE) unsupported(node, `makes ${outputs} channels of ${channels}`);
  const whole = new Float32Array(size);
  for (let i = 0; i < data.length; i++) {
    const output = i % outputs;
    const [tap, channel] = [(i - output) / outputs, Math.floor((output * channels) / outputs)];
    whole[(tap * channels + channel) * outputs + output] = data[i];
  }
  return tools.keep(() => tf.tensor4d(whole, shape));
}

function dense(
  node: OnnxNode,
  filter: tf.Tensor4D,
  bias: tf.Tensor1D | undefined,
  tools: Tools,
): Run {
  const { stride, dilation, borders } = geometryOf(node, filter);
  // At a stride the prepared filter belongs to one padding.
  const adjoint = stride === 1 ? tools.keep(() => adjointFilter(filter)) : undefined;
  const weights: ConvolutionWeights = { filter, adjoint, bias };
  const fused = number(node, 'activation', 0) === RELU;
  const activate = fused ? undefined : activationOf(node);
  return (map) => {
    const padding = borders(map);
    const y = convolution(map, weights, {
      stride,
      dilation,
      padding,
      activation: fused ? 'relu' : 'linear',
    });
    return activate === undefined ? y : (activate(y) as tf.Tensor4D);
  };
}

function channelByChannel(
  node: OnnxNode,
  filter: tf.Tensor4D,
  bias: tf.Tensor1D | undefined,
  tools: Tools,
): Run {
  const { stride, dilation, borders } = geometryOf(node, filter);
  const adjoint = tools.keep(() => adjointDepthwiseFilter(filter));
  const activate = activationOf(node);
  return (map) => {
    const options = { stride, dilation, padding: borders(map) };
    const y = depthwiseConvolution(map, { filter, adjoint, bias }, options);
    return activate === undefined ? y : (activate(y) as tf.Tensor4D);
  };
}

function geometryOf(node: OnnxNode, filter: tf.Tensor4D) {
  const [stride, dilation] = [sameForBoth(node, 'stride', 1), sameForBoth(node, 'dilation', 1)];
  const padding = paddingOf(node);
  const [tall, wide, , outputs] = filter.shape;
  return {
    stride,
    dilation,
    borders: ({ shape: [n, height, width, channels] }: tf.Tensor4D): Borders => {
      const [top, bottom] = paddingAlong(padding, height, tall, stride, dilation);
      const [left, right] = paddingAlong(padding, width, wide, stride, dilation);
      const most = Math.max(outputs, channels);
      requireSize(node, [n, height + top + bottom, width + left + right, most]);
      return [top, bottom, left, right];
    },
  };
}

/**
 * Filter `[outputs, height, width, inputs]`. The size of the result is an input: with the padding of the convolution
 * that would lead from there to here.
 */
const transposeConv: Operator = (node, tools) => {
  const run = transposed(node, { filter: 1, bias: 3 }, tools);
  const padding = paddingOf(node);
  return ([sizes, , x]) => {
    const [, height, width] = sizesOf(node, sizes, 'sizes');
    return ofTensor(
      run(mapOf(node, x), (_, kernel, stride, axis) => {
        const length = axis === 0 ? height : width;
        return { before: paddingAlong(padding, length, kernel, stride)[0], length };
      }),
    );
  };
};

/** MediaPipe's: the size follows from the map, and `SAME` cuts what a stride leaves over. */
const transposeConvBias: Operator = (node, tools) => {
  const run = transposed(node, { filter: 1, bias: 2 }, tools);
  const same = paddingOf(node) === 0;
  return ([x]) =>
    ofTensor(
      run(mapOf(node, x), (from, kernel, stride) => {
        const cut = same ? Math.max(0, kernel - ((from - 1) % stride) - 1) : 0;
        return { before: cut >> 1, length: stride * (from - 1) + kernel - cut };
      }),
    );
};

/** Where a side of the result begins in the whole result, and how long it is. */
type Window = (
  from: number,
  kernel: number,
  stride: number,
  axis: 0 | 1,
) => { readonly before: number; readonly length: number };

function transposed(
  node: OnnxNode,
  places: { readonly filter: number; readonly bias: number },
  tools: Tools,
): (map: tf.Tensor4D, window: Window) => tf.Tensor4D {
  const { data, shape } = filterOf(node, places.filter, tools);
  const [outputs, tall, wide, inputs] = shape;
  const stride = sameForBoth(node, 'stride', 1);
  requireSize(node, [
    outputs * stride ** 2,
    Math.ceil(tall / stride),
    Math.ceil(wide / stride),
    inputs,
  ]);
  const filter = tools.keep(() => tf.transpose(tf.tensor4d(data, shape), [1, 2, 0, 3]));
  const prepared = tools.keep(() =>
    stride === 1 ? adjointFilter(filter) : subpixelFilter(filter, stride, [0, 0, 0, 0]),
  );
  const bias = biasOf(node, places.bias, outputs, tools);
  const activate = activationOf(node);
  return (map, window) => {
    const [n, height, width, channels] = map.shape;
    if (channels !== inputs)
      unsupported(node, `takes ${inputs} channels, and is given ${channels}`);
    const [rows, columns] = [window(height, tall, stride, 0), window(width, wide, stride, 1)];
    requireSize(node, [n, rows.length, columns.length, outputs]);
    requireSize(node, [n, height * stride + tall, width * stride + wide, outputs]);
    const whole = transposedConvolution(map, { filter, prepared }, { stride });
    const cut = windowed(windowed(whole, 1, rows), 2, columns);
    const y = bias === undefined ? cut : tf.add<tf.Tensor4D>(cut, bias);
    return activate === undefined ? y : (activate(y) as tf.Tensor4D);
  };
}

/** A stretch along an axis, zeros beyond its end. */
function windowed(
  map: tf.Tensor4D,
  axis: 1 | 2,
  { before, length }: { readonly before: number; readonly length: number },
): tf.Tensor4D {
  const there = Math.min(length, map.shape[axis] - before);
  const [begin, size] = [[0, 0, 0, 0], [...map.shape]];
  begin[axis] = before;
  size[axis] = there;
  const cut = there === map.shape[axis] ? map : tf.slice(map, begin, size);
  if (there === length) return cut;
  const around = map.shape.map((_, i): [number, number] => [0, i === axis ? length - there : 0]);
  return tf.pad(cut, around);
}

/** Convolutions with weights of the file. */
export const convolutions: Readonly<Record<string, Operator>> = {
  CONV_2D: conv,
  DEPTHWISE_CONV_2D: depthwise,
  TRANSPOSE_CONV: transposeConv,
  Convolution2DTransposeBias: transposeConvBias,
};
