import { isRefusal, quietly } from './activation';
import { activators, type NodeDevice } from './use-node-backend';

/** Whether one device can be used here. */
export interface DeviceReport {
  readonly device: Exclude<NodeDevice, 'auto'>;
  readonly available: boolean;
  /** What was loaded, or why it cannot be. */
  readonly detail: string;
}

/**
 * Tries every device in turn, best first; for diagnosis. tfjs is left on the last that loaded, so call
 * `useNodeBackend` afterwards.
 */
export async function listDevices(): Promise<DeviceReport[]> {
  const reports: DeviceReport[] = [];
  for (const device of ['native', 'wasm', 'cpu'] as const) {
    const outcome = await quietly(activators[device]);
    reports.push({
      device,
      available: !isRefusal(outcome),
      detail: isRefusal(outcome) ? outcome.refused : outcome.detail,
    });
  }
  return reports;
}
