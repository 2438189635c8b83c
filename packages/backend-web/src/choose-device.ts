import { BackendError } from '@latent-matte/core';
import { activateWasm, type WasmPaths } from './activate-wasm';
import { activateWebgpu } from './activate-webgpu';
import { type Activation, isRefusal, quietly } from './activation';

export interface DeviceChoice {
  readonly device: 'auto' | 'webgpu' | 'wasm';
  readonly wasmPaths?: Exclude<WasmPaths, string>;
}

export interface ChosenDevice {
  readonly activation: Activation;
  /** One line for people: device, version, and why it was chosen. */
  readonly description: string;
}

/**
 * Starts the device that was asked for, or the fastest that works.
 * @throws BackendError
 */
export async function chooseDevice({ device, wasmPaths }: DeviceChoice): Promise<ChosenDevice> {
  const order = device === 'auto' ? (['webgpu', 'wasm'] as const) : ([device] as const);
  const reasons: string[] = [];
  for (const [i, name] of order.entries()) {
    const outcome = await quietly(() =>
      name === 'webgpu' ? activateWebgpu(device === 'webgpu') : activateWasm(wasmPaths),
    );
    if (!isRefusal(outcome)) {
      const why = device !== 'auto' ? 'as asked' : (reasons[0] ?? 'the fastest that works');
      return { activation: outcome, description: `${name}: ${outcome.detail}; ${why}` };
    }
    reasons.push(`no ${name}: ${outcome.refused}`);
    if (i === order.length - 1) {
      throw new BackendError(
        device === 'auto'
          ? `No compute device can be used: ${reasons.join('; ')}.`
          : `The device "${name}" cannot be used: ${outcome.refused}.`,
        outcome.remedy,
        { cause: outcome.cause },
      );
    }
  }
  throw new Error('unreachable: the order is never empty');
}
