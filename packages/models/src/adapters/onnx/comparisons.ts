import { stopGradient } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import { aligned } from './aligned';
import { hostsOf, mapHosts } from './host';
import type { Operator } from './operator';
import { broadcast, commonShape, type Value } from './value';

/** Truth values are 0 and 1, and of the type bool where they are tensors. */
const comparison =
  (
    f: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
    onHost: (a: number, b: number) => boolean,
  ): Operator =>
  (node, tools) =>
  (inputs) => {
    const hosts = hostsOf(inputs);
    const known = hosts && mapHosts(hosts, (a, b) => Number(onHost(a, b)), true);
    if (known) return known;
    const { tensors, last } = aligned(node, tools, ...inputs);
    // It jumps: no gradient.
    return { tensor: stopGradient(() => f(tensors[0], tensors[1])), last };
  };

const connective = (
  f: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
  onHost: (a: number, b: number) => boolean,
): Operator => comparison((a, b) => f(truth(a), truth(b)), onHost);

const truth = (x: tf.Tensor): tf.Tensor => (x.dtype === 'bool' ? x : tf.cast(x, 'bool'));

const test =
  (f: (x: tf.Tensor) => tf.Tensor, onHost: (x: number) => boolean): Operator =>
  (node, tools) =>
  ([x]) => {
    const known = x.host && mapHosts([x.host], (a) => Number(onHost(a)), true);
    if (known) return known;
    const { tensors, last } = aligned(node, tools, x);
    return { tensor: stopGradient(() => f(tensors[0])), last };
  };

const where: Operator = (node, tools) => (inputs) => {
  const hosts = hostsOf(inputs);
  const [, yes, no] = hosts ?? [];
  const integer = yes?.integer === true && no?.integer === true;
  const known = hosts && mapHosts(hosts, (c, a, b) => (c ? a : b), integer);
  if (known) return known;
  const { tensors, last } = aligned(node, tools, ...inputs);
  const shape = commonShape(...tensors.map((tensor) => tensor.shape));
  const [condition, a, b] = tensors.map((tensor) =>
    // Only numbers are repeated, and a condition may repeat.
    broadcast(tensor.dtype === 'float32' ? tensor : tf.cast(tensor, 'float32'), shape),
  );
  return { tensor: tf.where(tf.cast(condition, 'bool'), a, b), last };
};

/** The gradient of `tf.maximum` does not sum over what was repeated. */
const extreme =
  (
    f: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
    onHost: (a: number, b: number) => number,
  ): Operator =>
  (node, tools) =>
  (inputs) => {
    const hosts = hostsOf(inputs);
    const integer = hosts?.every((host) => host.integer) === true;
    const known = hosts && mapHosts(hosts, (...all) => all.reduce((a, b) => onHost(a, b)), integer);
    if (known) return known;
    return inputs.reduce((left, right): Value => {
      const { tensors, last } = aligned(node, tools, left, right);
      const shape = commonShape(tensors[0].shape, tensors[1].shape);
      return { tensor: f(broadcast(tensors[0], shape), broadcast(tensors[1], shape)), last };
    });
  };

/** Comparisons, and what is chosen by them. */
export const comparisons: Readonly<Record<string, Operator>> = {
  Equal: comparison(tf.equal, (a, b) => a === b),
  Greater: comparison(tf.greater, (a, b) => a > b),
  GreaterOrEqual: comparison(tf.greaterEqual, (a, b) => a >= b),
  Less: comparison(tf.less, (a, b) => a < b),
  LessOrEqual: comparison(tf.lessEqual, (a, b) => a <= b),
  And: connective(tf.logicalAnd, (a, b) => a !== 0 && b !== 0),
  Or: connective(tf.logicalOr, (a, b) => a !== 0 || b !== 0),
  Xor: connective(tf.logicalXor, (a, b) => (a !== 0) !== (b !== 0)),
  Not: test(
    (x) => tf.logicalNot(truth(x)),
    (x) => x === 0,
  ),
  IsNaN: test(tf.isNaN, Number.isNaN),
  Where: where,
  Max: extreme(tf.maximum, Math.max),
  Min: extreme(tf.minimum, Math.min),
};
