import { env } from '@tensorflow/tfjs-core';
import { type Activation, isRefusal, type Refusal } from './activation';
import { proveDevice } from './prove-device';

/**
 * Runs `activate` with tfjs's chatter off ("Hi, looks like you are running…", duplicate kernels), lets the device
 * prove itself, then restores the flag: the application's own tfjs warnings are its own business.
 */
export async function activateQuietly(
  activate: () => Promise<Activation | Refusal>,
): Promise<Activation | Refusal> {
  const production = env().getBool('PROD');
  env().set('PROD', true);
  try {
    const result = await activate();
    if (isRefusal(result)) return result;
    // The greeting comes with the first tensor, so the proof belongs inside.
    const wrong = await proveDevice();
    if (wrong === undefined) return result;
    result.dispose?.();
    return { refused: `${result.detail} ${wrong}` };
  } finally {
    env().set('PROD', production);
  }
}
