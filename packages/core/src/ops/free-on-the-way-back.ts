import * as tf from '@tensorflow/tfjs-core';

/**
 * To be called at the end of a function whose gradient is taken, before tfjs goes back through it: what the backward pass
 * no longer needs is freed as it goes. tfjs keeps the gradient of every intermediate tensor, and all that the forward pass
 * saved, until it is over, which is twice what a network needs. The gradients are the same to the bit.
 *
 * Does nothing inside another gradient, which may still read all of it.
 */
export function freeOnTheWayBack(): void {
  const { state } = tf.engine();
  if (state.gradientDepth !== 1) return;
  // A node is done with when the next one begins: nodes that read its result came before it.
  let done: readonly (tf.Tensor | null | undefined)[] = [];
  for (const node of state.activeTape) {
    const { gradient, saved = [] } = node;
    if (gradient === undefined || gradient === null) continue;
    node.gradient = (slopes: tf.Tensor[]) => {
      for (const tensor of done) tensor?.dispose();
      done = [...slopes, ...saved];
      // What is handed on is another's to free.
      const owned = new Set<tf.Tensor>(done.filter((tensor) => tensor instanceof tf.Tensor));
      return Object.fromEntries(
        Object.entries(gradient(slopes)).map(([input, make]) => [
          input,
          () => {
            const found = make();
            if (owned.has(found)) return tf.clone(found);
            owned.add(found);
            return found;
          },
        ]),
      );
    };
  }
}
