import type * as tf from '@tensorflow/tfjs-core';
import { hasElementwise } from './elementwise';

/** Activations whose slope a shader can take along: relu and relu6 by their value, hard swish by what it was given. */
export type SlopeName = 'relu' | 'relu6' | 'hardSwish';

/** The activation that made a map. */
export interface Made {
  readonly slope: SlopeName;
  /** What the slope is worked out from, of the shape of the map. */
  readonly by: tf.Tensor4D;
}

type DataId = tf.Tensor['dataId'];

const makers = new WeakMap<DataId, Made>();
const taken = new WeakMap<DataId, DataId>();

/**
 * The gradient of an activation is a product with a mask, a shader of its own. Where the operation behind has a gradient
 * that is ours, that takes the mask along: the activation says what it made here, the operation behind looks it up, and
 * marks its gradient, at which the activation does nothing more. A gradient that was added to another is not marked; then
 * the activation takes its mask again, which changes nothing: 0 and 1 are their own squares. Of hard swish that is not so:
 * say here only what one made whose map has one reader.
 */
export function madeBy(y: tf.Tensor, slope: SlopeName, by: tf.Tensor): void {
  if (hasElementwise()) makers.set(y.dataId, { slope, by: by as tf.Tensor4D });
}

/** The activation that made x, as far as its slope can be taken along. */
export function makerOf(x: tf.Tensor): Made | undefined {
  const made = makers.get(x.dataId);
  return made === undefined || made.by.isDisposed ? undefined : made;
}

/** Marks dx, the gradient of a map, as that of what its activation was given. @returns dx */
export function tookSlope<T extends tf.Tensor>(dx: T, x: tf.Tensor): T {
  taken.set(dx.dataId, x.dataId);
  return dx;
}

/** Whether dy holds the slope of the activation that made this map. */
export const hasSlope = (dy: tf.Tensor, made: DataId): boolean => taken.get(dy.dataId) === made;
