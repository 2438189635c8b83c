import * as tf from '@tensorflow/tfjs-core';
import { isAbsent, number, type Operator } from '../onnx/operator';
import { matrixProduct } from '../onnx/products';
import { unsupported } from '../onnx/unsupported';
import { ofTensor, planar } from '../onnx/value';
import { activated, requireSize } from './operators';

/** `x Wᵀ + b`, weights `[outputs, inputs]`: all axes of x but the last are rows. */
const fullyConnected: Operator = (node) => {
  if (number(node, 'format', 0) !== 0) unsupported(node, 'has shuffled weights');
  const keep = number(node, 'keepdims', 0) === 1;
  return ([x, weights, bias]) => {
    const [values, right] = [planar(x), planar(weights)];
    if (right.rank !== 2) unsupported(node, `has weights [${right.shape}]`);
    const [outputs, inputs] = right.shape;
    const rows = values.size / inputs;
    requireSize(node, [rows, outputs]);
    const product = tf.matMul(
      tf.reshape(values, [rows, inputs]),
      right as tf.Tensor2D,
      false,
      true,
    );
    const sum = isAbsent(bias) ? product : tf.add(product, planar(bias));
    return ofTensor(keep ? tf.reshape(sum, [...values.shape.slice(0, -1), outputs]) : sum);
  };
};

const batchMatMul: Operator = (node, tools) => {
  const flipped = (name: string) => number(node, name, 0) === 1;
  const turned = (x: tf.Tensor): tf.Tensor => {
    const order = x.shape.map((_, axis) => axis);
    return tf.transpose(x, [...order.slice(0, -2), x.rank - 1, x.rank - 2]);
  };
  const [left, right] = [flipped('transA'), flipped('transB')];
  return ([a, b]) => {
    const x = left ? turned(planar(a)) : planar(a);
    const y = right ? turned(planar(b)) : planar(b);
    requireSize(node, [x.size / x.shape[x.rank - 1], y.shape[y.rank - 1]]);
    return ofTensor(matrixProduct(node, tools, x, y));
  };
};

export const products: Readonly<Record<string, Operator>> = {
  FULLY_CONNECTED: activated(fullyConnected),
  BATCH_MATMUL: batchMatMul,
};
