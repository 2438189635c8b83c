import { activateNative, activateWebgpu } from '@latent-matte/backend-node/internals';
import * as tf from '@tensorflow/tfjs-core';
import { describe, it } from 'vitest';
import { eachBackend, type TestBackend } from './each-backend';
import { offerSoftwareVulkan } from './software-vulkan';

/** Why a backend cannot run here; undefined where it can. */
async function refusal(start: () => Promise<object>): Promise<string | undefined> {
  const outcome = await start();
  return 'refused' in outcome ? String(outcome.refused) : undefined;
}

/** tfjs is chatty as backends load: greetings, kernels registered twice. */
const production = tf.env().getBool('PROD');
tf.env().set('PROD', true);
offerSoftwareVulkan();
const refused: Partial<Record<TestBackend, string | undefined>> = {
  tensorflow: await refusal(() => activateNative('native')),
  webgpu: await refusal(activateWebgpu),
};
tf.env().set('PROD', production);

/**
 * As `eachBackend`, and on tfjs-node (`tensorflow`) and WebGPU through Dawn where this machine has them; skipped by
 * name where not. WebGPU in Node cannot read synchronously: use `data()`. On a machine without a GPU it is
 * SwiftShader, which compiles every kernel for tens of milliseconds: keep what runs there small.
 */
export function everyBackend(
  body: (backend: TestBackend) => void,
  backends: readonly TestBackend[] = ['cpu', 'wasm', 'tensorflow', 'webgpu'],
): void {
  eachBackend(
    body,
    backends.filter((backend) => refused[backend] === undefined),
  );
  for (const backend of backends) {
    if (refused[backend] === undefined) continue;
    describe(`on ${backend}`, () => {
      it.skip(`cannot run here: ${refused[backend]}`, () => {});
    });
  }
}
