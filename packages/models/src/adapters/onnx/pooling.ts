import { adaptiveAveragePool, averagePool, maxPool } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import { alsoOfOneAxis } from './one-axis';
import type { OnnxNode } from './onnx-model';
import { borderPads, list, number, type Operator, string } from './operator';
import { slidingPool } from './sliding-pool';
import { unsupported } from './unsupported';
import { channelsLast, ofMap, ofTensor, planar, shapeOf } from './value';

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

const averagePoolOperator = alsoOfOneAxis((node, tools) => {
  const countIncludePadding = number(node, 'count_include_pad', 0) === 1;
  const plain = windowsOf(node);
  if (plain === undefined) return slidingPool(node, tools, 'mean', countIncludePadding);
  return ([x]) => ofMap(averagePool(channelsLast(x), { ...plain, countIncludePadding }));
});

const maxPoolOperator = alsoOfOneAxis((node, tools) => {
  if (node.outputs.slice(1).some((name) => name !== '')) unsupported(node, 'returns indices');
  const plain = windowsOf(node);
  if (plain === undefined) return slidingPool(node, tools, 'max', false);
  return ([x]) => ofMap(maxPool(channelsLast(x), plain));
});

/** Over all axes behind that of channels, one or two. */
const overAll =
  (
    ofMaps: (x: tf.Tensor4D) => tf.Tensor,
    ofOthers: (x: tf.Tensor, axes: number[]) => tf.Tensor,
  ): Operator =>
  () =>
  ([x]) => {
    const rank = shapeOf(x).length;
    if (rank === 4) return ofMap(ofMaps(channelsLast(x)));
    return ofTensor(
      ofOthers(
        planar(x),
        Array.from({ length: rank - 2 }, (_, i) => i + 2),
      ),
    );
  };

const globalMaxPool = overAll(
  (x) => tf.max(x, [1, 2], true),
  (x, axes) => tf.max(x, axes, true),
);

const globalAveragePool = overAll(
  (x) => adaptiveAveragePool(x, [1, 1]),
  (x, axes) => tf.mean(x, axes, true),
);

export const pooling: Readonly<Record<string, Operator>> = {
  AveragePool: averagePoolOperator,
  MaxPool: maxPoolOperator,
  GlobalAveragePool: globalAveragePool,
  GlobalMaxPool: globalMaxPool,
};
