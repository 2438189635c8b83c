import type { BackendLimits } from '@latent-matte/core';
import { env } from '@tensorflow/tfjs-core';
import { proveDevice } from './prove-device';

/** A device that could not be activated, and why, as half a sentence for a person. */
export interface Refusal {
  readonly refused: string;
  /** Overrides the device's usual remedy. */
  readonly remedy?: string;
  readonly cause?: unknown;
}

/** A device that is now tfjs's backend. */
export interface Activation {
  /** tfjs backend name: `tensorflow`, `webgpu`, `wasm` or `cpu`. */
  readonly backend: string;
  /** Of the package that computes. */
  readonly version: string;
  /** What was loaded, for people. */
  readonly detail: string;
  readonly limits: BackendLimits;
  /** A GPU that is emulated on the CPU: right, and slower than wasm. */
  readonly software?: boolean;
  /** Makes the device usable again when it was lost since; called before each run. */
  recover?(): Promise<void>;
  /**
   * What a failed computation means on this device, when it means something: half a sentence, and the cure.
   * Leaves the device in a state in which `recover` can do its work.
   */
  explain?(error: unknown): Promise<Explanation | undefined>;
  /** What went wrong since the last call without anything being thrown. */
  complaint?(): Promise<Explanation | undefined>;
}

/** What ails a device, and the cure. */
export interface Explanation {
  /** Half a sentence. */
  readonly problem: string;
  readonly remedy: string;
}

export const isRefusal = (value: Activation | Refusal): value is Refusal => 'refused' in value;

/**
 * Runs `activate` with tfjs's chatter off ("Hi, looks like you are running…", duplicate kernels), lets the device
 * prove itself, then restores the flag: the application's own tfjs warnings are its own business.
 */
export async function quietly(
  activate: () => Promise<Activation | Refusal>,
): Promise<Activation | Refusal> {
  const production = env().getBool('PROD');
  env().set('PROD', true);
  try {
    const result = await activate();
    if (isRefusal(result)) return result;
    // The greeting comes with the first tensor, so the proof belongs inside.
    const failure = await proveDevice();
    return failure === undefined ? result : { refused: `${result.detail} ${failure}` };
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
