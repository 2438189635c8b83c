import { fork } from 'node:child_process';
import { type BackendLimits, InvalidOptionError } from '@latent-matte/core';
import type { PackedError } from '@latent-matte/core/backend';
import { entryFile } from '../entry-file';
import { type ConcreteDevice, devices, isDevice, remedies } from './devices';

/** Whether one device can be used here. */
export interface DeviceReport {
  readonly device: ConcreteDevice;
  readonly available: boolean;
  /** What was loaded, or why it cannot be. */
  readonly detail: string;
  /** Of the package that computes; absent when it cannot be used. */
  readonly version?: string;
  /** A GPU that is emulated on the CPU: `auto` passes it over. */
  readonly software?: boolean;
  readonly limits?: BackendLimits;
  /** Billions of operations per second at a 3×3 convolution 64 → 64; present when measured. */
  readonly gflops?: number;
  /** What to do, when it cannot be used. */
  readonly remedy?: string;
}

export interface ListDevicesOptions {
  /** Default: all, best first. */
  devices?: readonly ConcreteDevice[];
  /** Measure the speed of each device for so many seconds. Default 0: not at all. */
  measureSeconds?: number;
  /** Give up on a device after so many seconds. Default 60. */
  timeoutSeconds?: number;
}

/** What the probe tells. */
export type ProbeMessage =
  | { readonly refused: string; readonly remedy: string }
  | { readonly error: PackedError }
  | {
      readonly version: string;
      readonly detail: string;
      readonly limits: BackendLimits;
      readonly software: boolean;
      readonly gflops?: number;
    };

/**
 * Tries devices one after the other, each in a process of its own: a native library that crashes is reported like
 * every other defect, and the backend of this process stays as it is.
 *
 * ```ts
 * import { listDevices } from '@latent-matte/backend-node';
 *
 * for (const { device, available, detail } of await listDevices()) console.log(device, available, detail);
 * ```
 *
 * @throws InvalidOptionError an unknown device
 */
export async function listDevices(options: ListDevicesOptions = {}): Promise<DeviceReport[]> {
  const reports: DeviceReport[] = [];
  for (const device of options.devices ?? devices) {
    if (!isDevice(device)) {
      throw new InvalidOptionError(
        `There is no device "${String(device)}".`,
        `Use ${devices.join(', ')}.`,
      );
    }
    reports.push(await probe(device, options));
  }
  return reports;
}

async function probe(device: ConcreteDevice, options: ListDevicesOptions): Promise<DeviceReport> {
  const { measureSeconds = 0, timeoutSeconds = 60 } = options;
  const child = fork(entryFile('device-probe'), [device, String(measureSeconds)], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    // Not those of this process, which may belong to a debugger or a test runner.
    execArgv: [],
    timeout: timeoutSeconds * 1000,
    killSignal: 'SIGKILL',
  });
  let message: ProbeMessage | undefined;
  let complaint = '';
  child.on('message', (received) => {
    message = received as ProbeMessage;
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-1000);
  });
  const began = performance.now();
  const end = await new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, signal) => resolve(signal === null ? `exit code ${code}` : signal));
  });
  return report(device, message ?? { refused: crash(), remedy: remedies[device] });

  function crash(): string {
    if (performance.now() - began >= timeoutSeconds * 1000) {
      return `it did not answer within ${timeoutSeconds} s`;
    }
    const last = complaint.trim().split('\n').at(-1) ?? '';
    return `its process crashed (${end}${last === '' ? '' : `: ${last}`})`;
  }
}

function report(device: ConcreteDevice, message: ProbeMessage): DeviceReport {
  if ('refused' in message) {
    return { device, available: false, detail: message.refused, remedy: message.remedy };
  }
  if ('error' in message) {
    const detail = message.error.message.split('\n')[0]!;
    return { device, available: false, detail, remedy: remedies[device] };
  }
  return { device, available: true, ...message };
}
