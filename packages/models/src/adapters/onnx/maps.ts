import {
  adaptiveAveragePool,
  averagePool,
  instanceNormalization,
  maxPool,
  resize,
} from '@latent-matte/core';
import * as tf from '@tensorflow/tfjs-core';
import { uniform } from './convolutions';
import type { OnnxNode } from './onnx-model';
import {
  isAbsent,
  known,
  list,
  number,
  type Operator,
  string,
  unsupported,
  weight,
} from './operator';
import { axisOf, channelsLast, ofMap, shapeOf, type Value } from './value';

const batchNormalization: Operator = (node, tools) => {
  if (number(node, 'training_mode', 0) !== 0) unsupported(node, 'is in training mode');
  const [scale, offset, mean, variance] = [1, 2, 3, 4].map((i) => weight(node, i, tools).data);
  const epsilon = number(node, 'epsilon', 1e-5);
  const factors = Array.from(scale, (s, c) => s / Math.sqrt(variance[c] + epsilon));
  const factor = tools.keep(() => tf.tensor1d(factors));
  const shift = tools.keep(() => tf.tensor1d(factors.map((f, c) => offset[c] - mean[c] * f)));
  return ([x]) => ofMap(tf.add(tf.mul(channelsLast(x), factor), shift));
};

const instanceNormalizationOperator: Operator = (node, tools) => {
  const [scale, offset] = [1, 2].map((i) =>
    tools.keep(() => tf.tensor1d([...weight(node, i, tools).data])),
  );
  const epsilon = number(node, 'epsilon', 1e-5);
  return ([x]) => ofMap(instanceNormalization(channelsLast(x), { scale, offset, epsilon }));
};

/** Windows as `maxPool` and `averagePool` of core take them. */
function windowsOf(node: OnnxNode) {
  const size = uniform(node, 'kernel_shape', 0);
  const pads = list(node, 'pads') ?? [0, 0, 0, 0];
  const auto = string(node, 'auto_pad', 'NOTSET');
  if (pads.some((pad) => pad !== pads[0])) unsupported(node, `has pads [${pads}], not all alike`);
  if (auto !== 'NOTSET' && auto !== 'VALID') unsupported(node, `has auto_pad ${auto}`);
  if (uniform(node, 'dilations', 1) !== 1) unsupported(node, 'is dilated');
  if (node.outputs.length > 1) unsupported(node, 'returns indices');
  const ceilMode = number(node, 'ceil_mode', 0) === 1;
  return { size, stride: uniform(node, 'strides', 1), padding: pads[0], ceilMode };
}

const averagePoolOperator: Operator = (node) => {
  const countIncludePadding = number(node, 'count_include_pad', 0) === 1;
  const options = { ...windowsOf(node), countIncludePadding };
  return ([x]) => ofMap(averagePool(channelsLast(x), options));
};

const maxPoolOperator: Operator = (node) => {
  const options = windowsOf(node);
  return ([x]) => ofMap(maxPool(channelsLast(x), options));
};

const globalAveragePool: Operator =
  () =>
  ([x]) =>
    ofMap(adaptiveAveragePool(channelsLast(x), [1, 1]));

/** `Resize`, and `Upsample` before it. */
const resizeOperator: Operator = (node, { opset }) => {
  const mode = string(node, 'mode', 'nearest');
  const old = node.op === 'Upsample' || opset < 11;
  const place = string(node, 'coordinate_transformation_mode', old ? 'asymmetric' : 'half_pixel');
  const rounding = string(node, 'nearest_mode', old ? 'floor' : 'round_prefer_floor');
  return (inputs) => {
    const x = channelsLast(inputs[0]);
    const size = sizeFor(node, inputs, shapeOf(inputs[0]), old);
    const from = [x.shape[1], x.shape[2]];
    if (size[0] === from[0] && size[1] === from[1]) return inputs[0];
    if (mode === 'nearest') {
      const repeats = size.every((side, i) => side % from[i] === 0);
      const asymmetric = place === 'asymmetric' && rounding === 'floor';
      const centred = repeats && place.endsWith('half_pixel') && rounding.startsWith('round');
      if (!asymmetric && !centred) unsupported(node, `is nearest, ${place}, ${rounding}`);
      return ofMap(resize(x, size, 'nearest'));
    }
    const method = mode === 'cubic' ? 'bicubic' : 'bilinear';
    if (mode !== 'cubic' && mode !== 'linear') unsupported(node, `has the mode ${mode}`);
    if (mode === 'cubic' && number(node, 'cubic_coeff_a', -0.75) !== -0.75) {
      unsupported(node, 'has another cubic coefficient than -0.75');
    }
    if (place === 'align_corners') return ofMap(resize(x, size, method, { alignCorners: true }));
    // The two differ for a side of one pixel only, where every rule gives that pixel.
    if (place === 'half_pixel' || place === 'pytorch_half_pixel') {
      return ofMap(resize(x, size, method));
    }
    if (place !== 'asymmetric' || mode === 'cubic') unsupported(node, `is ${mode}, ${place}`);
    return ofMap(tf.image.resizeBilinear(x, size, false, false));
  };
};

function sizeFor(
  node: OnnxNode,
  inputs: readonly (Value | undefined)[],
  shape: readonly number[],
  old: boolean,
): [number, number] {
  if (number(node, 'antialias', 0) !== 0) unsupported(node, 'smooths while it shrinks');
  const sizes = old || isAbsent(inputs[3]) ? undefined : known(node, inputs[3], 'sizes');
  const scalesAt = old ? inputs[1] : inputs[2];
  const scales = sizes?.length
    ? undefined
    : (list(node, 'scales') ?? known(node, isAbsent(scalesAt) ? undefined : scalesAt, 'scales'));
  const axes = list(node, 'axes')?.map((axis) => axisOf(axis, shape.length));
  const at = (values: readonly number[] | undefined, i: number) => values?.[axes?.indexOf(i) ?? i];
  const target = shape.map((side, i) =>
    sizes?.length ? (at(sizes, i) ?? side) : side * (at(scales, i) ?? 1),
  );
  const whole = target.map((side) => Math.floor(side + 1e-3));
  if (target.length !== 4 || whole[0] !== shape[0] || whole[1] !== shape[1]) {
    unsupported(node, `resizes [${shape}] to [${target}]`);
  }
  // The scale, not the ratio of the sizes, places the samples.
  if (whole.some((side, i) => Math.abs(side - target[i]) > 2e-3)) {
    unsupported(node, `resizes [${shape}] to [${target}], which is no whole number of pixels`);
  }
  return [whole[2], whole[3]];
}

export const maps: Readonly<Record<string, Operator>> = {
  BatchNormalization: batchNormalization,
  InstanceNormalization: instanceNormalizationOperator,
  AveragePool: averagePoolOperator,
  MaxPool: maxPoolOperator,
  GlobalAveragePool: globalAveragePool,
  Resize: resizeOperator,
  Upsample: resizeOperator,
};
