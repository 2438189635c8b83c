import { adaptiveAveragePool, averagePool, maxPool } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { OnnxNode } from './onnx-model';
import { borderPads, list, number, type Operator, string } from './operator';
import { slidingPool } from './sliding-pool';
import { unsupported } from './unsupported';
import { channelsLast, ofMap } from './value';

/** Windows as `maxPool` and `averagePool` of core take them, where they are square and alike at every side. */
function windowsOf(node: OnnxNode) {
  const size = list(node, 'kernel_shape') ?? unsupported(node, 'has no kernel_shape');
  const strides = list(node, 'strides') ?? [1, 1];
  const pads = borderPads(node);
  const dilations = list(node, 'dilations') ?? [1, 1];
  const auto = string(node, 'auto_pad', 'NOTSET');
  const square = size[0] === size[1] && strides[0] === strides[1];
  const alike = pads.every((pad) => pad === pads[0]) && 2 * pads[0] <= size[0];
  const simple = dilations.every((dilation) => dilation === 1);
  if (!square || !alike || !simple || (auto !== 'NOTSET' && auto !== 'VALID')) return undefined;
  const ceilMode = number(node, 'ceil_mode', 0) === 1;
  return { size: size[0], stride: strides[0], padding: auto === 'VALID' ? 0 : pads[0], ceilMode };
}

const averagePoolOperator: Operator = (node, tools) => {
  const countIncludePadding = number(node, 'count_include_pad', 0) === 1;
  const plain = windowsOf(node);
  if (plain === undefined) return slidingPool(node, tools, 'mean', countIncludePadding);
  return ([x]) => ofMap(averagePool(channelsLast(x), { ...plain, countIncludePadding }));
};

const maxPoolOperator: Operator = (node, tools) => {
  if (node.outputs.slice(1).some((name) => name !== '')) unsupported(node, 'returns indices');
  const plain = windowsOf(node);
  if (plain === undefined) return slidingPool(node, tools, 'max', false);
  return ([x]) => ofMap(maxPool(channelsLast(x), plain));
};

const globalMaxPool: Operator =
  () =>
  ([x]) =>
    ofMap(tf.max(channelsLast(x), [1, 2], true));

const globalAveragePool: Operator =
  () =>
  ([x]) =>
    ofMap(adaptiveAveragePool(channelsLast(x), [1, 1]));

export const pooling: Readonly<Record<string, Operator>> = {
  AveragePool: averagePoolOperator,
  MaxPool: maxPoolOperator,
  GlobalAveragePool: globalAveragePool,
  GlobalMaxPool: globalMaxPool,
};
