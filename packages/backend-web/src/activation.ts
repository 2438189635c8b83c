import * as tf from '@tensorflow/tfjs-core';

/** A device that could not be started, and why, as half a sentence for a person. */
export interface Refusal {
  readonly refused: string;
  readonly remedy: string;
  readonly cause?: unknown;
}

/** A device that is now tfjs's backend. */
export interface Activation {
  /** tfjs backend name. */
  readonly device: 'webgpu' | 'wasm';
  /** What was started, for people. */
  readonly detail: string;
  /** Largest working portrait, pixels. */
  readonly maxPixels: number;
  /** Largest source, pixels. */
  readonly maxSourcePixels: number;
  /** What went wrong on the device since it was started, if anything. */
  failure?(): DeviceFailure | undefined;
  /** Settles when the device is gone. */
  readonly lost?: Promise<unknown>;
  /** Gives the device back. */
  dispose?(): void;
}

export interface DeviceFailure {
  readonly kind: 'lost' | 'out-of-memory' | 'invalid';
  readonly message: string;
}

export const isRefusal = (value: Activation | Refusal): value is Refusal => 'refused' in value;

/**
 * Runs `start` with tfjs's chatter off (duplicate kernels, backends registered twice), then restores the flag:
 * the application's own tfjs warnings are its own business.
 */
export async function quietly<T>(start: () => Promise<T>): Promise<T> {
  const production = tf.env().getBool('PROD');
  tf.env().set('PROD', true);
  try {
    return await start();
  } finally {
    tf.env().set('PROD', production);
  }
}
