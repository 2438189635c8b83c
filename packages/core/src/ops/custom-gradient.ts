import * as tf from '@tensorflow/tfjs-core';

/** One gradient per input, in their order; for a single input the tensor itself will do. */
export type GradientsOf<Inputs extends tf.Tensor[]> =
  | { readonly [K in keyof Inputs]: tf.Tensor }
  | (Inputs['length'] extends 1 ? tf.Tensor : never);

/** What the forward pass of an operation leaves behind. */
export interface ForwardPass<Y extends tf.Tensor, Saved extends tf.Tensor[]> {
  readonly value: Y;
  /** Tensors that the gradient reads. What else the forward pass makes is freed at its end. Default: none. */
  readonly saved?: readonly [...Saved];
}

/**
 * Applies an operation whose gradient is written out: `tf.customGrad` with types for the inputs, for what is saved
 * and for the gradients.
 *
 * ```ts
 * import { customGradient } from '@latent-matte/core/ops';
 * import * as tf from '@tensorflow/tfjs-core';
 *
 * // x², whose gradient keeps the input alone.
 * const square = (x: tf.Tensor) =>
 *   customGradient(
 *     [x],
 *     (x) => ({ value: tf.square(x), saved: [x] }),
 *     (dy, [x]) => tf.mul(dy, tf.mul(x, 2)),
 *   );
 * console.log(await tf.grad(square)(tf.scalar(3)).array()); // 6
 * ```
 *
 * @param inputs what the operation is differentiable in; any other tensor that it reads counts as a constant
 * @param forward runs once, at once
 * @param gradient gets dy = ∂L/∂y, of the shape of y, and what was saved; returns ∂L/∂x for every input x, each of
 *   the shape of x
 * @returns y
 * @throws Error (of tfjs, in the backward pass) there are not as many gradients as inputs
 */
export function customGradient<
  Inputs extends tf.Tensor[],
  Y extends tf.Tensor,
  Saved extends tf.Tensor[] = [],
>(
  inputs: readonly [...Inputs],
  forward: (...inputs: NoInfer<Inputs>) => ForwardPass<Y, Saved>,
  gradient: (dy: Y, saved: Saved) => GradientsOf<Inputs>,
): Y {
  const run = tf.customGrad<Y>((...args) => {
    // tfjs hands over the inputs, then the function that saves.
    const given = args.slice(0, inputs.length) as Inputs;
    const save = args[inputs.length] as tf.GradSaveFunc;
    const { value, saved } = forward(...given);
    if (saved !== undefined) save([...saved]);
    return {
      value,
      // tfjs frees what its own gradients leave behind, but of these only when the whole backward pass is over.
      gradFunc: (dy: Y, kept: tf.Tensor[]) =>
        tf.tidy(() => gradient(dy, kept as Saved) as tf.Tensor | tf.Tensor[]),
    };
  });
  return run(...inputs);
}
