import '@latent-matte/core/gradients';
import { chooseDevice, DeviceRecovery, type WeightResolver } from '@latent-matte/core/backend';
import { readImageHere } from './read-image';
import type { WasmFileUrls } from './wasm-paths';
import type { WebBackend } from './web-backend';
import { type ConcreteWebDevice, type WebDevice, webDevices } from './web-devices';

/** What to compute with, and where its files are. */
export interface DeviceChoice {
  readonly device: WebDevice;
  readonly wasmPaths?: WasmFileUrls;
}

/**
 * A backend that computes on this thread. Apart from `useWebBackend`, so that the script of the worker does not name
 * itself: bundlers would go round in circles.
 *
 * @throws BackendError
 */
export async function startHere(
  { device, wasmPaths }: DeviceChoice,
  resolveWeights: WeightResolver,
): Promise<WebBackend> {
  const driver = webDevices(wasmPaths);
  const recovery = await DeviceRecovery.start((from?: ConcreteWebDevice) =>
    chooseDevice(device, driver, from),
  );
  return {
    platform: 'web',
    // Read anew each time: a device that was lost is replaced.
    get device() {
      return recovery.activation.backend;
    },
    get description() {
      return recovery.description;
    },
    get limits() {
      return recovery.activation.limits;
    },
    readImage: readImageHere,
    resolveWeights,
    run: (call, here) => recovery.run(call, here),
    dispose: () => recovery.dispose(),
  };
}
