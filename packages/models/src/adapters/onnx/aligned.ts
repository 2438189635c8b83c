import * as tf from '@tensorflow/tfjs-core';
import type { OnnxNode } from './onnx-model';
import type { Tools } from './operator';
import { commonShape, planar, shapeOf, type Value } from './value';

/**
 * Values as tensors that broadcast, in NHWC when one of them is.
 *
 * @throws WeightFormatError what they broadcast to is too large
 */
export function aligned<T extends readonly Value[]>(
  node: OnnxNode,
  tools: Tools,
  ...values: T
): { tensors: { [K in keyof T]: tf.Tensor }; last: boolean } {
  tools.room.bounded(node, commonShape(...values.map(shapeOf)));
  const last = values.some((value) => value.last) && values.every((v) => shapeOf(v).length <= 4);
  const tensors = values.map((value) => (last ? asLast(value) : planar(value)));
  return { tensors: tensors as { [K in keyof T]: tf.Tensor }, last };
}

/** `[C, 1, 1]` → `[1, 1, 1, C]` and so on. */
function asLast(value: Value): tf.Tensor {
  if (value.last && value.tensor) return value.tensor;
  const shape = shapeOf(value);
  const four = [...Array.from({ length: 4 - shape.length }, () => 1), ...shape];
  const plain = planar(value);
  if (four.every((side) => side === 1)) return tf.reshape(plain, four);
  return tf.transpose(tf.reshape(plain, four), [0, 2, 3, 1]);
}
