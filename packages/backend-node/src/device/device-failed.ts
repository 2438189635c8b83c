import { BackendError } from '@latent-matte/core';
import type { DeviceFailure } from '@latent-matte/core/backend';

/** A computation that failed for want of memory. @param problem half a sentence */
export const deviceFailed = (device: string, problem: string, remedy: string): DeviceFailure => ({
  kind: 'out-of-memory',
  error: (cause) =>
    new BackendError(`The device "${device}" failed: ${problem}.`, remedy, { cause }),
});
