/**
 * Started by `listDevices` in a process of its own, `device-probe.js DEVICE SECONDS`: a broken native library takes
 * only this process with it.
 */
import { isRefusal, packError } from '@latent-matte/core/backend';
import { activate, type ConcreteDevice, remedies } from './devices';
import type { ProbeMessage } from './list-devices';
import { measureGflops } from './measure-gflops';

const [device, seconds] = [process.argv[2] as ConcreteDevice, Number(process.argv[3])];

async function probe(): Promise<ProbeMessage> {
  const outcome = await activate(device);
  if (isRefusal(outcome)) {
    return { refused: outcome.refused, remedy: outcome.remedy ?? remedies[device] };
  }
  const { version, detail, limits, software } = outcome;
  const found = { version, detail, limits, software: software === true };
  return seconds > 0 ? { ...found, gflops: await measureGflops(seconds) } : found;
}

const message = await probe().catch(
  (error: unknown): ProbeMessage => ({ error: packError(error) }),
);
// Native libraries may keep threads that a normal end would wait for.
process.send?.(message, () => process.exit(0));
