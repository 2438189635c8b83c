import type { WeightResolver } from '@latent-matte/core/backend';
import { assertOptionsOf, InvalidOptionError, said } from '@latent-matte/core/caller';
import { absoluteFolder, absoluteUrls, type WeightUrls } from './absolute-url';
import { resolveWasmPaths, type WasmFileUrls, type WasmPaths } from './wasm-paths';
import type { WebDevice } from './web-devices';

export interface WebBackendOptions {
  /**
   * Default `'auto'`. `'webgpu'` also takes an adapter that is emulated on the processor, which `'auto'` passes by.
   */
  device?: WebDevice;
  /**
   * `true`: everything is computed in a module worker, so that the page stays alive. Or a `Worker` of yours whose
   * script imports `@latent-matte/backend-web/worker`, and registers your own models there. Default `false`.
   */
  worker?: boolean | Worker;
  /** Default: the files of this package, which Vite and webpack copy. */
  wasmPaths?: WasmPaths;
  /**
   * Folder URL of the weight files, which have the names they are published with. Default: the files of
   * `@latent-matte/compact`, which Vite and webpack copy.
   */
  weightsPath?: string;
  /**
   * URLs of single weight files, by the names they are published with; before `weightsPath`. For what is installed apart:
   * `weightUrls: generatorWeightUrls()` of `@latent-matte/compact-generator`.
   */
  weightUrls?: WeightUrls;
  /**
   * Brings weight files, in place of `weightsPath` and `weightUrls`. Called on this thread, also with a worker. Default:
   * `createWeightResolver()`, which fetches, verifies and caches.
   */
  resolveWeights?: WeightResolver;
}

/** Options with every address made absolute: a worker would take relative ones relative to its script. */
export interface CheckedOptions {
  readonly device: WebDevice;
  readonly wasmPaths: WasmFileUrls | undefined;
  readonly weightsPath: string | undefined;
  readonly weightUrls: Readonly<Record<string, string>> | undefined;
}

/** What `postMessage` makes one: workers of other realms, and those of tests, are of other classes. */
function assertWorker(worker: unknown): void {
  const speaks = typeof (worker as Worker | undefined)?.postMessage === 'function';
  if (worker === undefined || typeof worker === 'boolean' || speaks) return;
  throw new InvalidOptionError(`worker is ${said(worker)}.`, 'Give true, or a Worker.');
}

/** @throws InvalidOptionError an unknown device or option, or `wasmPaths` without every file */
export function checkedOptions(options: WebBackendOptions): CheckedOptions {
  assertOptionsOf<WebBackendOptions>('useWebBackend', options, {
    device: { is: 'value', noun: 'the name of a device' },
    worker: { is: 'value', noun: 'true or a Worker' },
    wasmPaths: { is: 'value', noun: 'where the .wasm files are' },
    weightsPath: { is: 'value', noun: 'the URL of a folder' },
    weightUrls: { is: 'value', noun: 'URLs by file name' },
    resolveWeights: { is: 'callback' },
  });
  const { device = 'auto', wasmPaths, weightsPath, weightUrls } = options;
  assertWorker(options.worker);
  if (!['auto', 'webgpu', 'wasm'].includes(device)) {
    throw new InvalidOptionError(
      `There is no device "${String(device)}".`,
      'Use "auto", "webgpu" or "wasm".',
    );
  }
  return {
    device,
    wasmPaths: wasmPaths === undefined ? undefined : resolveWasmPaths(wasmPaths),
    weightsPath: weightsPath === undefined ? undefined : absoluteFolder(weightsPath),
    weightUrls: weightUrls === undefined ? undefined : absoluteUrls(weightUrls),
  };
}
