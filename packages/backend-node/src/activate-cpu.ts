import * as tf from '@tensorflow/tfjs-core';
import { type Activation, briefly, type Refusal } from './activation';

/** Plain JavaScript runs 30 to 100 times slower than the others; above this a step takes minutes. */
const MAX_PIXELS = 512 ** 2;

/** Makes plain JavaScript tfjs's backend: a last resort, and an oracle for tests. */
export async function activateCpu(): Promise<Activation | Refusal> {
  try {
    await import('@tensorflow/tfjs-backend-cpu');
    if (!(await tf.setBackend('cpu'))) return { refused: 'the JavaScript backend does not start' };
  } catch (cause) {
    return { refused: `the JavaScript backend does not load (${briefly(cause)})`, cause };
  }
  return {
    backend: 'cpu',
    detail: `plain JavaScript ${tf.version_core} (very slow)`,
    maxPixels: MAX_PIXELS,
  };
}
