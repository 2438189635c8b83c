/**
 * Quantised models without their rounding of values. Weights are dequantised, exactly; values between operators keep
 * their fractions and are only cut off at the bounds of their type. That is what the model was before it was
 * quantised, up to its weights, and unlike the rounded one it has a gradient:
 *
 *     quantised      q(x) = clip(x / s + z),  s a scale and z a zero point; no round()
 *     dequantised    x = (q − z) · s
 *
 * `DynamicQuantizeLinear` chooses s and z so that nothing is cut off, and only rounds: here it is the identity, with
 * s = 1 and z = 0. Answers differ from onnxruntime's by the rounding, about 1/255 of a value's range per layer.
 */

import * as tf from '@tensorflow/tfjs-core';
import { countOf } from '../../count-of';
import { convolutionOf, planarFilter } from './convolutions';
import type { OnnxData, OnnxNode, OnnxTensor } from './onnx-model';
import { isAbsent, known, number, type Operator, type Tools, weight } from './operator';
import { matrixProduct } from './products';
import { unsupported } from './unsupported';
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

/** Largest and smallest value of the integer type; uint8 where nothing says otherwise. */
function boundsOf(node: OnnxNode, data: OnnxData | undefined): readonly [number, number] {
  if (data instanceof Int8Array || (data === undefined && number(node, 'output_dtype', 2) === 3)) {
    return [-128, 127];
  }
  if (data instanceof Uint8Array || data === undefined) return [0, 255];
  return unsupported(node, 'quantises to a type other than int8 and uint8');
}

/** One number for a tensor, or one for each place along an axis. */
function alongAxis(node: OnnxNode, data: readonly number[], x: Value): tf.Tensor | number {
  if (data.length === 1) return data[0];
  const rank = shapeOf(x).length;
  const axis = axisOf(number(node, 'axis', 1), rank);
  const shape = Array.from({ length: rank }, () => 1);
  shape[x.last ? lastAxis(axis) : axis] = data.length;
  return tf.tensor([...data], shape);
}

/** A tensor that only numbers of the file are in: scales and zero points. */
const numbers = (node: OnnxNode, place: number, tools: Tools): readonly number[] =>
  node.inputs[place] ? [...weight(node, place, tools).data] : [0];

/** A weight of the file without its quantisation, in float64 until the last step. */
export function dequantized(
  { name, shape, data }: OnnxTensor,
  scale: ArrayLike<number>,
  zero: ArrayLike<number>,
  axis: number,
): OnnxTensor {
  const inner = countOf(shape.slice(axis + 1));
  const values = new Float32Array(data.length);
  const count = Math.max(scale.length, zero.length);
  const length = count === 1 ? data.length : inner;
  for (let first = 0, i = 0; first < data.length; first += length, i = (i + 1) % count) {
    const factor = scale[scale.length === 1 ? 0 : i];
    const shift = zero[zero.length === 1 ? 0 : i];
    for (let at = first; at < first + length; at++) values[at] = (data[at] - shift) * factor;
  }
  return { name, shape, data: values, integer: false };
}

const quantizeLinear: Operator = (node, tools) => {
  if (number(node, 'block_size', 0) !== 0) unsupported(node, 'is quantised in blocks');
  const zero = node.inputs[2] ? weight(node, 2, tools).data : undefined;
  const [low, high] = boundsOf(node, zero);
  return ([x, scale]) => {
    const tensor = x.tensor ?? planar(x);
    const factor = alongAxis(node, known(node, scale, 'scales'), x);
    const shift = alongAxis(node, zero === undefined ? [0] : [...zero], x);
    const moved = tf.add(tf.div(tensor, factor), shift);
    return { tensor: tf.clipByValue(moved, low, high), last: x.last };
  };
};

const dequantizeLinear: Operator = (node) => {
  if (number(node, 'block_size', 0) !== 0) unsupported(node, 'is quantised in blocks');
  return ([x, scale, zero]) => {
    const factor = alongAxis(node, known(node, scale, 'scales'), x);
    const shift = isAbsent(zero) ? 0 : alongAxis(node, known(node, zero, 'zero points'), x);
    return { tensor: tf.mul(tf.sub(x.tensor ?? planar(x), shift), factor), last: x.last };
  };
};

const dynamicQuantizeLinear: Operator =
  () =>
  ([x]) => [x, ofHost([1], [], false), ofHost([0], [])];

/** `q − z`; most zero points are 0. */
function centred(x: tf.Tensor, node: OnnxNode, zero: Value | undefined): tf.Tensor {
  const points = isAbsent(zero) ? [0] : known(node, zero, 'zero points');
  if (points.length !== 1) return unsupported(node, 'has several zero points for its first input');
  return points[0] === 0 ? x : tf.sub(x, points[0]);
}

const convInteger: Operator = (node, tools) => {
  const filter = dequantized(weight(node, 1, tools), [1], numbers(node, 3, tools), 0);
  const run = convolutionOf(node, planarFilter(node, filter), undefined, tools);
  return ([x, , zero]) => ofMap(run(centred(channelsLast(x), node, zero) as tf.Tensor4D));
};

const matMulInteger: Operator = (node, tools) => {
  const stored = weight(node, 1, tools);
  const plain = dequantized(stored, [1], numbers(node, 3, tools), stored.shape.length - 1);
  const right = tools.keep(() => tf.tensor(plain.data as Float32Array, [...plain.shape]));
  return ([a, , zero]) =>
    ofTensor(matrixProduct(node, tools, centred(planar(a), node, zero), right));
};

/** Scale and zero point of what comes in (1, 2) and of what goes out, as functions of tensors. */
function aroundLinear(node: OnnxNode, tools: Tools) {
  const single = (place: number) => {
    const values = numbers(node, place, tools);
    if (values.length !== 1) unsupported(node, `has ${values.length} values in its input ${place}`);
    return values[0];
  };
  const [scale, zero, scaleOut, zeroOut] = [1, 2, 6, 7].map(single);
  const [low, high] = boundsOf(node, weight(node, 7, tools).data);
  return {
    scale,
    before: (x: tf.Tensor) => tf.mul(tf.sub(x, zero), scale),
    after: (y: tf.Tensor) => tf.clipByValue(tf.add(tf.mul(y, 1 / scaleOut), zeroOut), low, high),
  };
}

const qLinearConv: Operator = (node, tools) => {
  const { scale, before, after } = aroundLinear(node, tools);
  const scales = numbers(node, 4, tools);
  const filter = dequantized(weight(node, 3, tools), scales, numbers(node, 5, tools), 0);
  // The bias is quantised with the product of both scales.
  const stored = node.inputs[8] ? weight(node, 8, tools) : undefined;
  const bias =
    stored &&
    tools.keep(() =>
      tf.tensor1d(
        Array.from(stored.data, (b, i) => b * scale * scales[scales.length === 1 ? 0 : i]),
      ),
    );
  const run = convolutionOf(node, planarFilter(node, filter), bias, tools);
  return ([x]) => ofMap(after(run(before(channelsLast(x)) as tf.Tensor4D)));
};

const qLinearMatMul: Operator = (node, tools) => {
  const { before, after } = aroundLinear(node, tools);
  const stored = weight(node, 3, tools);
  const last = stored.shape.length - 1;
  const plain = dequantized(stored, numbers(node, 4, tools), numbers(node, 5, tools), last);
  const right = tools.keep(() => tf.tensor(plain.data as Float32Array, [...plain.shape]));
  return ([a]) => ofTensor(after(matrixProduct(node, tools, before(planar(a)), right)));
};

export const quantized: Readonly<Record<string, Operator>> = {
  QuantizeLinear: quantizeLinear,
  DequantizeLinear: dequantizeLinear,
  DynamicQuantizeLinear: dynamicQuantizeLinear,
  ConvInteger: convInteger,
  MatMulInteger: matMulInteger,
  QLinearConv: qLinearConv,
  QLinearMatMul: qLinearMatMul,
};
