import * as tf from '@tensorflow/tfjs-core';
import { customGradient } from './custom-gradient';
import { freeOnTheWayBack } from './free-on-the-way-back';
import { freeingTape } from './gradients-of';

/**
 * The vector-Jacobian product Σₖ cₖᵀ ∂fₖ/∂x of a function with several results.
 *
 * `tf.grads` wants one result. A scalar whose custom gradient hands out the cotangents joins several without
 * any arithmetic, so that the product has the very bits it has inside one large gradient.
 *
 * @param f may return its inputs; what it makes is freed
 * @param cotangents one per result of `f`, of its shape; `undefined` stands for zero
 * @returns one per input, owned by the caller; `undefined` where no path leads from the input to a result that
 *   has a cotangent
 */
export function pullBack(
  f: (inputs: readonly tf.Tensor[]) => readonly tf.Tensor[],
  inputs: readonly tf.Tensor[],
  cotangents: readonly (tf.Tensor | undefined)[],
): (tf.Tensor | undefined)[] {
  if (inputs.length === 0) return [];
  const joined = (): tf.Tensor => {
    const results = f(inputs);
    const paths = results.flatMap((result, i) => {
      const cotangent = cotangents[i];
      return cotangent === undefined ? [] : [{ result, cotangent }];
    });
    if (paths.length === 0) return tf.scalar(0);
    const sum = customGradient(
      paths.map(({ result }) => result),
      () => ({ value: tf.scalar(0) }),
      // Clones: the engine disposes a gradient when it adds another one to it.
      () => paths.map(({ cotangent }) => tf.clone(cotangent)),
    );
    freeOnTheWayBack();
    return sum;
  };
  return freeingTape(() =>
    tf.tidy(() => {
      const { grads } = tf.engine().gradients(joined, [...inputs], undefined, true);
      return (grads as (tf.Tensor | undefined)[]).map((g) => g ?? undefined) as tf.Tensor[];
    }),
  );
}
