import { type Activation, briefly, type Refusal } from '@latent-matte/core/backend';
import * as tf from '@tensorflow/tfjs-core';
import { limitsFor, processMemory } from './memory-limits';

/** Makes plain JavaScript tfjs's backend: a last resort, and an oracle for tests. */
export async function activateCpu(): Promise<Activation | Refusal> {
  try {
    await import('./cpu-kernels');
    if (!(await tf.setBackend('cpu'))) return { refused: 'the JavaScript backend does not start' };
  } catch (cause) {
    return { refused: `the JavaScript backend does not load (${briefly(cause)})`, cause };
  }
  return {
    backend: 'cpu',
    version: tf.version_core,
    detail: `plain JavaScript ${tf.version_core} (very slow)`,
    limits: limitsFor(processMemory()),
  };
}
