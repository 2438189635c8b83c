import { ModelOutputError } from '@latent-matte/core';
import * as tf from '@tensorflow/tfjs-core';

/**
 * Runs a model; where a gradient is being recorded, throws if no operation leads from `input` to the result. Without
 * that check the gradient of such a model (an input it ignores, a detour through plain numbers) is silently zero.
 *
 * @throws ModelOutputError naming the model
 */
export function requirePath(name: string, input: tf.Tensor, run: () => tf.Tensor4D): tf.Tensor4D {
  const { state } = tf.engine();
  const tape = state.activeTape;
  const records = state.gradientDepth > 0 && state.kernelDepth === 0 && tape != null;
  const start = records ? tape.length : 0;
  const result = run();
  if (records && !isReached(tape.slice(start), input, result)) {
    result.dispose();
    throw new ModelOutputError(
      `The answer of "${name}" does not depend on the picture through operations of tfjs, so its gradient is zero.`,
      "Check the names of input and output, keep values in tensors inside the model, or say differentiable: 'none'.",
    );
  }
  return result;
}

type Tape = readonly {
  readonly inputs: Record<string, tf.Tensor>;
  readonly outputs: readonly tf.Tensor[];
}[];

function isReached(tape: Tape, from: tf.Tensor, to: tf.Tensor): boolean {
  const reached = new Set([from.id]);
  for (const { inputs, outputs } of tape) {
    if (Object.values(inputs).some((tensor) => reached.has(tensor.id))) {
      for (const { id } of outputs) reached.add(id);
    }
  }
  return reached.has(to.id);
}
