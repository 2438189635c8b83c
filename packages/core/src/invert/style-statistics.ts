import * as tf from '@tensorflow/tfjs-core';
import type { Generator } from '../contracts';
import { InvalidOptionError } from '../errors';
import type { Random } from '../random';

/** Draws of z in NVlabs' projector. */
const SAMPLES = 10_000;
/** The mapping network repeats w for every layer: drawn in parts, to keep that small. */
const BATCH = 250;

/** Where the w of random z lie. */
export interface StyleStatistics {
  /** Their mean, `[1, 1, dim]`, owned by the caller. */
  readonly mean: tf.Tensor3D;
  /** √(Σ‖w − w̄‖² / N): one number over all dimensions, as the projector has it. */
  readonly deviation: number;
}

/**
 * Mean and spread of w over 10,000 random z.
 * @throws InvalidOptionError when the generator has no mapping network
 */
export async function styleStatistics(
  generator: Generator,
  random: Random,
  method: string,
): Promise<StyleStatistics> {
  if (generator.map === undefined) {
    throw new InvalidOptionError(
      `Generator "${generator.name}" has no mapping network, which the method '${method}' needs.`,
      "Use the method 'wplus-then-noise'.",
    );
  }
  const [, dim] = generator.latents.styles;
  let sum = tf.keep(tf.zeros([dim]) as tf.Tensor1D);
  let squares = 0;
  try {
    for (let drawn = 0; drawn < SAMPLES; drawn += BATCH) {
      const [next, square] = tf.tidy(() => {
        const z = tf.tensor2d(random.normals(BATCH * dim), [BATCH, dim]);
        const code = generator.map!(z);
        const w = tf.reshape(tf.slice(code.styles, [0, 0, 0], [BATCH, 1, dim]), [BATCH, dim]);
        return [tf.keep(tf.add(sum, tf.sum(w, 0)) as tf.Tensor1D), tf.sum(tf.square(w))];
      });
      sum.dispose();
      sum = next as tf.Tensor1D;
      squares += (await square!.data())[0]!;
      square!.dispose();
    }
    const mean = tf.tidy(() => tf.reshape(tf.div(sum, SAMPLES), [1, 1, dim])) as tf.Tensor3D;
    const length = Array.from(await mean.data()).reduce((total, value) => total + value * value, 0);
    // E‖w − w̄‖² = E‖w‖² − ‖w̄‖²
    return { mean, deviation: Math.sqrt(Math.max(0, squares / SAMPLES - length)) };
  } finally {
    sum.dispose();
  }
}
