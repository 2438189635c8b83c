import { briefly } from '../briefly';
import type { Activation } from './activation';
import { computationRefused, type DeviceFailure, deviceLost, memoryFull } from './device-failure';

/** What is used of a `GPUDevice`, the browser's or Dawn's. */
export interface WatchedDevice {
  readonly lost: Promise<{ readonly reason?: string; readonly message?: string }>;
  addEventListener(type: 'uncapturederror', listener: (event: Event) => void): void;
  destroy(): void;
}

/** A lost device fails the calls on it first, and says that it is lost a little later. */
const LOSS_DELAY_MS = 500;

/** Keeps the first thing that goes wrong: WebGPU reports beside the calls, and hands out zeros instead. */
export function watchWebgpu(
  device: WatchedDevice,
): Required<Pick<Activation, 'failure' | 'settle' | 'explain' | 'dispose'>> {
  let failure: DeviceFailure | undefined;
  let complaint: string | undefined;
  device.addEventListener('uncapturederror', (event) => {
    // Thrown by the call that is running instead of written on the console.
    event.preventDefault();
    const { error } = event as Event & { readonly error: { readonly message: string } };
    complaint ??= briefly(new Error(error.message));
    failure ??= isOutOfMemory(error)
      ? memoryFull('webgpu', complaint)
      : computationRefused('webgpu', complaint);
  });
  // Not awaited: it settles when the device dies, which is usually never.
  const lost = device.lost.then(({ reason, message }) => {
    // What went before a loss, such as a full memory, explains it; a loss is the end all the same.
    const words = [reason, message && briefly(new Error(message)), complaint].filter(Boolean);
    failure = deviceLost('webgpu', words.join(': ') || 'no reason given');
  });
  return {
    failure: () => failure,
    settle: () => new Promise((resolve) => setTimeout(resolve)),
    explain: async (error) => {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const late = new Promise((resolve) => {
        timer = setTimeout(resolve, LOSS_DELAY_MS);
      });
      await Promise.race([lost, late]);
      clearTimeout(timer);
      if (/device.*(lost|destroyed)|lost.*device/i.test(briefly(error))) {
        failure ??= deviceLost('webgpu', briefly(error));
      }
      return failure;
    },
    dispose: () => device.destroy(),
  };
}

const isOutOfMemory = (error: unknown): boolean => {
  const { GPUOutOfMemoryError: Known } = globalThis as { GPUOutOfMemoryError?: unknown };
  return typeof Known === 'function' && error instanceof Known;
};
