import * as tf from '@tensorflow/tfjs-core';
import { hardSwish } from '../../layers';
import { comparisons } from '../onnx/comparisons';
import { elementwise as shared } from '../onnx/elementwise';
import { hostsOf, mapHosts } from '../onnx/host';
import type { OnnxNode } from '../onnx/onnx-model';
import { number, type Operator } from '../onnx/operator';
import { unsupported } from '../onnx/unsupported';
import { commonShape, ofTensor, planar, shapeOf } from '../onnx/value';
import { activated, like, reluN1To1, requireSize, sixth } from './operators';

const unary =
  (f: (x: tf.Tensor) => tf.Tensor): Operator =>
  () =>
  ([x]) =>
    ofTensor(f(planar(x)));

/** Of values that repeat each other: how much they make is checked before. */
const repeating =
  (operator: Operator): Operator =>
  (node, tools) => {
    const step = operator(node, tools);
    return (inputs) => {
      requireSize(node, commonShape(...inputs.map(shapeOf)));
      return step(inputs);
    };
  };

/** Of sizes alone: with the picture's values no gradient passes. */
const ofSizes =
  (f: (a: number, b: number) => number): Operator =>
  (node) =>
  (inputs) => {
    const hosts = hostsOf(inputs);
    return (
      (hosts &&
        mapHosts(
          hosts,
          f,
          hosts.every(({ integer }) => integer),
        )) ??
      unsupported(node, 'depends on the picture')
    );
  };

const squaredDifference: Operator =
  () =>
  ([a, b]) =>
    ofTensor(tf.square(tf.sub(planar(a), planar(b))));

/** `softmax(β x)` over the last axis. */
const softmax: Operator = (node) => {
  const beta = number(node, 'beta', 1);
  return ([x]) => ofTensor(tf.softmax(beta === 1 ? planar(x) : tf.mul(planar(x), beta), -1));
};

const gelu: Operator = (node, tools) => {
  const approximate = number(node, 'rough', 0) === 1 ? 'tanh' : 'none';
  return like(shared.Gelu, { approximate })(node, tools);
};

/** `TensorType` → `TensorProto.DataType`. */
const CASTS: Readonly<Record<number, number | undefined>> = { 0: 1, 1: 10, 2: 6, 4: 7, 6: 9 };

const cast: Operator = (node, tools) => {
  const to = CASTS[number(node, 'type', 0)];
  if (to === undefined) return unsupported(node, `makes the type ${number(node, 'type', 0)}`);
  return like(shared.Cast, { to })(node, tools);
};

/** Conditions choose between whole rows in the old `SELECT`, which is the same where all have one shape. */
const select: Operator = (node: OnnxNode, tools) => {
  const step = comparisons.Where(node, tools);
  return (inputs) => {
    const [condition, yes] = inputs.map((value) => shapeOf(value));
    if (condition.join() !== yes.join()) unsupported(node, `selects by [${condition}] of [${yes}]`);
    return step(inputs);
  };
};

/** Every value for itself, or with the value at the same place. */
export const elementwise: Readonly<Record<string, Operator>> = {
  ADD: activated(repeating(shared.Add)),
  SUB: activated(repeating(shared.Sub)),
  MUL: activated(repeating(shared.Mul)),
  DIV: activated(repeating(shared.Div)),
  POW: repeating(shared.Pow),
  ADD_N: repeating(shared.Sum),
  MAXIMUM: repeating(comparisons.Max),
  MINIMUM: repeating(comparisons.Min),
  SQUARED_DIFFERENCE: repeating(squaredDifference),
  FLOOR_DIV: ofSizes((a, b) => Math.floor(a / b)),
  FLOOR_MOD: ofSizes((a, b) => a - b * Math.floor(a / b)),
  RELU: unary(tf.relu),
  RELU6: unary(sixth),
  RELU_N1_TO_1: unary(reluN1To1),
  RELU_0_TO_1: unary((x) => tf.clipByValue(x, 0, 1)),
  HARD_SWISH: unary((x) => hardSwish(x as tf.Tensor4D)),
  LOGISTIC: unary(tf.sigmoid),
  TANH: unary(tf.tanh),
  ELU: unary(tf.elu),
  LEAKY_RELU: (node, tools) =>
    like(shared.LeakyRelu, { alpha: number(node, 'alpha', 0) })(node, tools),
  PRELU: repeating(shared.PRelu),
  GELU: gelu,
  EXP: unary(tf.exp),
  LOG: unary(tf.log),
  SQRT: shared.Sqrt,
  RSQRT: unary((x) => tf.div(1, tf.sqrt(x))),
  SQUARE: unary(tf.square),
  ABS: shared.Abs,
  NEG: shared.Neg,
  FLOOR: shared.Floor,
  CEIL: shared.Ceil,
  ROUND: shared.Round,
  SIN: unary(tf.sin),
  COS: unary(tf.cos),
  SOFTMAX: softmax,
  LOG_SOFTMAX: unary((x) => tf.logSoftmax(x, -1)),
  CAST: cast,
  EQUAL: repeating(comparisons.Equal),
  GREATER: repeating(comparisons.Greater),
  GREATER_EQUAL: repeating(comparisons.GreaterOrEqual),
  LESS: repeating(comparisons.Less),
  LESS_EQUAL: repeating(comparisons.LessOrEqual),
  LOGICAL_AND: repeating(comparisons.And),
  LOGICAL_OR: repeating(comparisons.Or),
  LOGICAL_NOT: comparisons.Not,
  SELECT: select,
  SELECT_V2: repeating(comparisons.Where),
};
