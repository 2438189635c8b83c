import * as tf from '@tensorflow/tfjs-core';
import { countOf } from '../../count-of';

/** Numbers known without running the network: shapes and what is computed from them. */
export interface HostValue {
  readonly shape: readonly number[];
  readonly data: readonly number[];
  /** Division rounds towards zero. */
  readonly integer: boolean;
}

/**
 * A value of the graph. ONNX is planar (NCHW), tfjs computes on NHWC: a map stays in NHWC (`last`) as long as
 * operations allow it, while `shapeOf` tells the shape that the graph believes in.
 */
export interface Value {
  readonly tensor?: tf.Tensor;
  /** The tensor is NHWC where the graph says NCHW. */
  readonly last?: boolean;
  readonly host?: HostValue;
}

const TO_LAST = [0, 2, 3, 1];
const TO_PLANAR = [0, 3, 1, 2];

/** The shape in the graph. */
export function shapeOf({ tensor, last, host }: Value): readonly number[] {
  if (tensor === undefined) return host?.shape ?? [];
  return last ? TO_PLANAR.map((axis) => tensor.shape[axis]) : tensor.shape;
}

/** As the graph has it. */
export function planar(value: Value): tf.Tensor {
  const { tensor, last, host } = value;
  if (tensor === undefined) return tf.tensor([...(host?.data ?? [])], [...(host?.shape ?? [])]);
  return last ? tf.transpose(tensor, TO_PLANAR) : tensor;
}

/** A map in NHWC. */
export function channelsLast(value: Value): tf.Tensor4D {
  const { tensor, last } = value;
  return (last && tensor ? tensor : tf.transpose(planar(value), TO_LAST)) as tf.Tensor4D;
}

export const ofMap = (tensor: tf.Tensor): Value => ({ tensor, last: true });
export const ofTensor = (tensor: tf.Tensor): Value => ({ tensor });
/** `length` places of one axis, from `from` on; all of the others. */
export const sliceAlong = (x: tf.Tensor, axis: number, from: number, length: number): tf.Tensor =>
  tf.slice(
    x,
    x.shape.map((_, i) => (i === axis ? from : 0)),
    x.shape.map((side, i) => (i === axis ? length : side)),
  );

/** @throws Error a shape of another count: the numbers of a damaged file that an operator has joined or cut */
export function ofHost(
  data: readonly number[],
  shape: readonly number[] = [data.length],
  integer = true,
): Value {
  if (countOf(shape) !== data.length) {
    throw new Error(`${data.length} numbers do not fill the shape [${shape}]`);
  }
  return { host: { data, shape, integer } };
}

/** One of the two shapes is repeated to the other: NumPy's rule, sides of 1 stand for any. */
export function commonShape(...shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, i) =>
    shapes.reduce((side, shape) => {
      const own = shape[i - (rank - shape.length)] ?? 1;
      return own === 1 ? side : own;
    }, 1),
  );
}

/** Repeats along sides of 1. As a product: `tf.tile` has no gradient beyond four axes. */
export function broadcast(x: tf.Tensor, shape: readonly number[]): tf.Tensor {
  return x.shape.join() === shape.join() ? x : tf.mul(x, tf.ones([...shape]));
}

/** An axis counted from the end, or from the front. */
export const axisOf = (axis: number, rank: number) => (axis < 0 ? axis + rank : axis);
/** The axis of NHWC that is this axis of NCHW. */
export const lastAxis = (axis: number) => [0, 3, 1, 2][axis];
