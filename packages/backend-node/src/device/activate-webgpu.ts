import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  type Activation,
  briefly,
  type Refusal,
  type WatchedDevice,
  watchWebgpu,
} from '@latent-matte/core/backend';
import * as tf from '@tensorflow/tfjs-core';
import { findPackage, manifestOf } from '../files/find-package';
import { maxSourcePixels } from './memory-limits';

/** A layer of 64 float channels at full working size (VGG's first) must fit into one storage binding. */
const BYTES_PER_WORKING_PIXEL = 64 * 4;

/** Of tfjs's backend; above the others, as in its own registration. */
const PRIORITY = 3;

/** What is used of Dawn's and the browser's WebGPU. */
interface Adapter {
  readonly features: { has(name: string): boolean };
  readonly limits: Limits;
  readonly info?: {
    vendor?: string;
    architecture?: string;
    description?: string;
    isFallbackAdapter?: boolean;
  };
  requestDevice(options: object): Promise<Device>;
}
interface Device extends WatchedDevice {
  readonly limits: Limits;
}
interface Gpu {
  requestAdapter(options: object): Promise<Adapter | null>;
}
type Limits = Readonly<Record<(typeof wantedLimits)[number], number>>;

/** tfjs's kernels use all that the adapter has; WebGPU grants only the defaults unless asked. */
const wantedLimits = [
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
  'maxStorageBufferBindingSize',
  'maxBufferSize',
  'maxComputeWorkgroupSizeX',
  'maxComputeInvocationsPerWorkgroup',
] as const;

/** Makes WebGPU through Dawn (npm `webgpu`) tfjs's backend. No CUDA: Vulkan, Metal or Direct3D 12 is enough. */
export async function activateWebgpu(): Promise<Activation | Refusal> {
  const [dawn] = findPackage('webgpu');
  const [kernels] = findPackage('@tensorflow/tfjs-backend-webgpu');
  const missing = [
    ...(dawn === undefined ? ['webgpu'] : []),
    ...(kernels === undefined ? ['@tensorflow/tfjs-backend-webgpu'] : []),
  ];
  if (dawn === undefined || kernels === undefined) {
    return { refused: `${missing.join(' and ')} not installed` };
  }
  if (!mayHaveVulkan()) return { refused: 'there is no Vulkan loader', remedy: driverRemedy() };
  let adapter: Adapter | null;
  try {
    const gpu = await startDawn(dawn);
    adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  } catch (cause) {
    return { refused: `${dawn} does not load (${briefly(cause)})`, cause };
  }
  if (adapter === null) {
    return { refused: 'Dawn finds no graphics adapter', remedy: driverRemedy() };
  }
  let device: Device;
  try {
    device = await requestDevice(adapter);
  } catch (cause) {
    return { refused: `the graphics adapter gives no device (${briefly(cause)})`, cause };
  }
  const watch = watchWebgpu(device);
  try {
    const { WebGPUBackend } = (await import(
      pathToFileURL(createRequire(join(kernels, 'package.json')).resolve(kernels)).href
    )) as typeof import('@tensorflow/tfjs-backend-webgpu');
    // In place of tfjs's own registration, which tells nobody when its device is lost.
    if (tf.findBackendFactory('webgpu') !== null) tf.removeBackend('webgpu');
    tf.registerBackend(
      'webgpu',
      () => new WebGPUBackend(device as never, adapter.info as never),
      PRIORITY,
    );
    if (!(await tf.setBackend('webgpu'))) {
      device.destroy();
      return { refused: `${kernels} loads, but its backend does not start` };
    }
  } catch (cause) {
    device.destroy();
    return { refused: `the WebGPU backend does not start (${briefly(cause)})`, cause };
  }
  return {
    backend: 'webgpu',
    version: manifestOf(dawn).version,
    detail: `Dawn (webgpu ${manifestOf(dawn).version}) on ${nameOf(adapter)}`,
    limits: {
      maxPixels: Math.floor(device.limits.maxStorageBufferBindingSize / BYTES_PER_WORKING_PIXEL),
      maxSourcePixels: maxSourcePixels(),
    },
    software: isSoftware(adapter),
    ...watch,
  };
}

const driverRemedy = (): string =>
  process.platform === 'linux'
    ? 'Install the Vulkan loader (Debian: libvulkan1) and the driver of the GPU.'
    : 'Update the driver of the GPU.';

/**
 * False only where Linux certainly has no Vulkan loader: Dawn would complain about that on stderr, past every
 * console.
 */
function mayHaveVulkan(): boolean {
  if (process.platform !== 'linux') return true;
  const library = 'libvulkan.so.1';
  const folders = (process.env.LD_LIBRARY_PATH ?? '').split(':').filter((folder) => folder !== '');
  if (folders.some((folder) => existsSync(join(folder, library)))) return true;
  try {
    return readFileSync('/etc/ld.so.cache', 'latin1').includes(library);
  } catch {
    // Not every Linux keeps one: then Dawn has to find out.
    return true;
  }
}

/** Puts WebGPU's globals in place, which tfjs's backend reads as it is imported. */
async function startDawn(folder: string): Promise<Gpu> {
  const existing = (globalThis.navigator as { gpu?: Gpu } | undefined)?.gpu;
  if (existing !== undefined) return existing;
  const { create, globals } = await import(pathToFileURL(join(folder, 'index.js')).href);
  for (const [name, value] of Object.entries(globals)) {
    if (!(name in globalThis)) Object.assign(globalThis, { [name]: value });
  }
  const gpu: Gpu = create([]);
  // Node 21 brought `navigator`.
  const navigator = globalThis.navigator ?? { userAgent: `Node.js/${process.versions.node}` };
  Object.defineProperty(navigator, 'gpu', { value: gpu, configurable: true });
  if (globalThis.navigator === undefined) {
    Object.defineProperty(globalThis, 'navigator', {
      value: navigator,
      configurable: true,
      writable: true,
    });
  }
  return gpu;
}

const requestDevice = (adapter: Adapter): Promise<Device> =>
  adapter.requestDevice({
    requiredFeatures: adapter.features.has('timestamp-query') ? ['timestamp-query'] : [],
    requiredLimits: Object.fromEntries(wantedLimits.map((name) => [name, adapter.limits[name]])),
  });

const nameOf = ({ info }: Adapter): string =>
  [info?.description, info?.vendor, info?.architecture].find((text) => text) ??
  'a GPU without a name';

/** SwiftShader, llvmpipe, Windows' WARP: right, and slower than wasm. */
const isSoftware = ({ info }: Adapter): boolean =>
  info?.isFallbackAdapter === true ||
  /swiftshader|llvmpipe|lavapipe|warp|basic render/i.test(
    `${info?.description} ${info?.vendor} ${info?.architecture}`,
  );
