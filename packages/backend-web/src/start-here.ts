import '@latent-matte/core/gradients';
import type { Backend, RasterImage } from '@latent-matte/core';
import { chooseDevice, type DeviceChoice } from './choose-device';
import { DeviceGuard } from './device-guard';
import { type ReadImageOptions, readImageHere, type WebImageSource } from './read-image';
import type { WeightResolver } from './resolve-weights';

/** `auto`: WebGPU on a graphics card, else `wasm`. */
export type WebDevice = DeviceChoice['device'];

/** The {@link Backend} of browsers, for pages and workers. */
export interface WebBackend extends Backend {
  readonly platform: 'web';
  readImage(source: WebImageSource, options?: ReadImageOptions): Promise<RasterImage>;
  /**
   * Stops the worker, and what runs in it with a {@link BackendError}, or gives the graphics device back. After that
   * the backend is of no use; start another.
   */
  dispose(): void;
}

/**
 * A backend that computes on this thread. Apart from `useWebBackend`, so that the script of the worker does not name
 * itself: bundlers would go round in circles.
 *
 * @throws BackendError
 */
export async function startHere(
  choice: DeviceChoice,
  resolveWeights: WeightResolver,
): Promise<WebBackend> {
  const guard = await DeviceGuard.start(() => chooseDevice(choice));
  return {
    platform: 'web',
    // Read anew each time: a device that was lost is replaced.
    get device() {
      return guard.activation.device;
    },
    get description() {
      return guard.description;
    },
    get limits() {
      const { maxPixels, maxSourcePixels } = guard.activation;
      return { maxPixels, maxSourcePixels };
    },
    readImage: readImageHere,
    resolveWeights,
    run: (call, here) => guard.run(call, here),
    dispose: () => guard.dispose(),
  };
}
