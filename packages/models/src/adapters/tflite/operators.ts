import type * as tf from '@tensorflow/tfjs-core';
import * as tfjs from '@tensorflow/tfjs-core';
import { countOf } from '../../count-of';
import { relu6 } from '../../layers';
import type { OnnxAttribute, OnnxNode, OnnxTensor } from '../onnx/onnx-model';
import { number, type Operator, type Tools, weight } from '../onnx/operator';
import { unsupported } from '../onnx/unsupported';
import { ofTensor, planar, type Value } from '../onnx/value';

/** Values that one node may make: 256 MiB of float32. */
const MOST_VALUES = 2 ** 26;

/** Before a node makes a value larger than what it was given. */
export function requireSize(node: OnnxNode, shape: readonly number[]): void {
  const count = countOf(shape);
  if (!(count <= MOST_VALUES) || !shape.every((side) => Number.isInteger(side) && side >= 0)) {
    unsupported(node, `makes a value of the shape [${shape}]`);
  }
}

/** An operator of `fromOnnx`, with attributes of its own instead of those of the node. */
export const like =
  (operator: Operator, attributes: Readonly<Record<string, OnnxAttribute>>): Operator =>
  (node, tools) =>
    operator({ ...node, attributes: new Map(Object.entries(attributes)) }, tools);

/** `ActivationFunctionType`; nothing where it is `NONE`. */
export function activationOf(node: OnnxNode): ((x: tf.Tensor) => tf.Tensor) | undefined {
  const activation = number(node, 'activation', 0);
  const known = [undefined, tfjs.relu, reluN1To1, sixth, tfjs.tanh];
  if (activation < 0 || activation >= known.length) {
    unsupported(node, `has the activation ${activation}`);
  }
  return known[activation] as ((x: tf.Tensor) => tf.Tensor) | undefined;
}

export const reluN1To1 = (x: tf.Tensor): tf.Tensor => tfjs.clipByValue(x, -1, 1);
/** Of any rank: the values stand for themselves. */
export const sixth = (x: tf.Tensor): tf.Tensor => relu6(x as tf.Tensor4D);

/** The operator with its fused activation. */
export const activated =
  (operator: Operator): Operator =>
  (node, tools) => {
    const step = operator(node, tools);
    const activate = activationOf(node);
    if (activate === undefined) return step;
    return (inputs) => ofTensor(activate(planar(step(inputs) as Value)));
  };

/** One number for both axes. */
export function sameForBoth(node: OnnxNode, name: string, fallback: number): number {
  const [width, height] = [`${name}Width`, `${name}Height`].map((n) => number(node, n, fallback));
  if (width === height && width >= 1) return width;
  return unsupported(node, `has ${name} ${height}×${width}; one number ≥ 1 is supported`);
}

/** Whole numbers that the node was given: a constant, or sizes of the picture. */
export function sizesOf(node: OnnxNode, value: Value | undefined, what: string): readonly number[] {
  const host = value?.host;
  if (host?.integer !== true) return unsupported(node, `has ${what} that are not known beforehand`);
  return host.data;
}

export const SAME = 0;
export const VALID = 1;

/**
 * Zeros before and after a side: TensorFlow's `SAME` covers it in ⌈side / stride⌉ steps, and puts the odd one after.
 */
export function paddingAlong(
  padding: number,
  length: number,
  kernel: number,
  stride: number,
  dilation = 1,
): [before: number, after: number] {
  if (padding === VALID) return [0, 0];
  const covered = (Math.ceil(length / stride) - 1) * stride + (kernel - 1) * dilation + 1;
  const total = Math.max(0, covered - length);
  return [total >> 1, total - (total >> 1)];
}

export function paddingOf(node: OnnxNode): number {
  const padding = number(node, 'padding', SAME);
  return padding === SAME || padding === VALID
    ? padding
    : unsupported(node, `has the padding ${padding}`);
}

/** Weights of four axes. */
export function filterOf(
  node: OnnxNode,
  place: number,
  tools: Tools,
): { data: Float32Array; shape: [number, number, number, number] } {
  const { name, shape, data, integer }: OnnxTensor = weight(node, place, tools);
  if (integer) unsupported(node, `has integers without a scale for its weight "${name}"`);
  if (shape.length !== 4) unsupported(node, `has a filter [${shape}]; four axes are supported`);
  // Nothing to hold, and windows as large as a file likes to claim.
  if (shape.includes(0)) unsupported(node, `has a filter [${shape}] of nothing`);
  return { data: data as Float32Array, shape: [...shape] as [number, number, number, number] };
}

/** One number per channel, where the node has a bias. */
export function biasOf(
  node: OnnxNode,
  place: number,
  channels: number,
  tools: Tools,
): tf.Tensor1D | undefined {
  if (!node.inputs[place]) return undefined;
  const { data, name } = weight(node, place, tools);
  if (data.length !== channels) {
    unsupported(node, `has the bias "${name}" of ${data.length} for ${channels} channels`);
  }
  return tools.keep(() => tfjs.tensor1d([...data]));
}

/** A map `[N, H, W, C]`, with the channels that a filter takes. */
export function mapOf(node: OnnxNode, value: Value | undefined, channels?: number): tf.Tensor4D {
  const tensor = value === undefined ? undefined : planar(value);
  if (tensor?.rank !== 4) return unsupported(node, `takes a map, not [${tensor?.shape ?? ''}]`);
  if (channels !== undefined && tensor.shape[3] !== channels) {
    return unsupported(node, `takes ${channels} channels, and is given ${tensor.shape[3]}`);
  }
  return tensor as tf.Tensor4D;
}
