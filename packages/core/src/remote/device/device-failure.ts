import { BackendError, ImageTooLargeError, type LatentMatteError } from '../../errors';

/** What ails a device. */
export interface DeviceFailure {
  /** Only a call that lost its device is worth a second try. */
  readonly kind: 'lost' | 'out-of-memory' | 'invalid';
  /** What to throw, with what was thrown where something was. */
  error(cause?: unknown): LatentMatteError;
}

export const deviceLost = (device: string, reason: string): DeviceFailure => ({
  kind: 'lost',
  error: (cause) =>
    new BackendError(
      `The device "${device}" failed: the GPU was lost (${reason}).`,
      'Try again: the next call starts a new device. If it is lost again, use a smaller workingSize or the device "wasm".',
      { cause },
    ),
});

/** WebGPU says so beside the calls, and hands out zeros instead. */
export const computationRefused = (device: string, reason: string): DeviceFailure => ({
  kind: 'invalid',
  error: (cause) =>
    new BackendError(
      `The device "${device}" failed: it refused a computation (${reason}), so the result would be wrong.`,
      'Use the device "wasm", and report this.',
      { cause },
    ),
});

export const memoryFull = (device: string, reason: string): DeviceFailure => ({
  kind: 'out-of-memory',
  error: (cause) =>
    Object.assign(
      new ImageTooLargeError(
        `The device "${device}" ran out of memory: ${reason}.`,
        'Use a smaller workingSize or picture.',
      ),
      cause === undefined ? {} : { cause },
    ),
});
