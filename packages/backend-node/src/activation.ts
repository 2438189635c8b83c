import { env, zeros } from '@tensorflow/tfjs-core';

/** A device that could not be activated, and why, as half a sentence for a person. */
export interface Refusal {
  readonly refused: string;
  readonly cause?: unknown;
}

/** A device that is now tfjs's backend. */
export interface Activation {
  /** tfjs backend name: `tensorflow`, `wasm` or `cpu`. */
  readonly backend: string;
  /** What was loaded, for people. */
  readonly detail: string;
  /** Largest working area in pixels. */
  readonly maxPixels: number;
}

export const isRefusal = (value: Activation | Refusal): value is Refusal => 'refused' in value;

/**
 * Runs `activate` with tfjs's chatter off ("Hi, looks like you are running…", duplicate kernels), then restores
 * the flag: the application's own tfjs warnings are its own business.
 *
 * One tensor is made inside, because the greeting comes with the first tensor.
 */
export async function quietly(
  activate: () => Promise<Activation | Refusal>,
): Promise<Activation | Refusal> {
  const production = env().getBool('PROD');
  env().set('PROD', true);
  try {
    const result = await activate();
    if (!isRefusal(result)) zeros([1]).dispose();
    return result;
  } finally {
    env().set('PROD', production);
  }
}

/** First line of an error's message, without its full stop. */
export const briefly = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error))
    .split('\n')[0]!
    .trim()
    .replace(/\.$/, '');
