import { type Activation, type Refusal, watchWebgpu } from '@latent-matte/core/backend';
import * as tf from '@tensorflow/tfjs-core';
import { availableMemory, pixelLimits } from './memory-limits';

const refuse = (refused: string, cause?: unknown): Refusal => ({ refused, cause });

/** Limits that tfjs's shaders and buffers profit from; a device has the low defaults unless asked. */
const limitNames = [
  'maxBufferSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupsPerDimension',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupStorageSize',
  'maxStorageBufferBindingSize',
] as const;

/**
 * Makes WebGPU tfjs's backend, on a device of our own, so that its limits and its loss are known.
 *
 * @param allowSoftware also take an adapter that is emulated on the processor, which is slower than wasm
 */
export async function activateWebgpu(allowSoftware: boolean): Promise<Activation | Refusal> {
  const gpu = globalThis.navigator?.gpu;
  if (gpu === undefined) {
    return refuse(
      globalThis.isSecureContext
        ? 'this browser has no WebGPU'
        : 'WebGPU needs a page served over https or from localhost',
    );
  }
  let adapter: GPUAdapter | null;
  try {
    adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  } catch (cause) {
    return refuse('the browser refuses its graphics adapter', cause);
  }
  if (adapter === null) return refuse('no graphics adapter was found');
  if (isSoftware(adapter) && !allowSoftware) {
    return refuse('the only adapter is emulated on the processor, which is slower than wasm');
  }
  let device: GPUDevice;
  try {
    device = await adapter.requestDevice({
      requiredLimits: Object.fromEntries(limitNames.map((name) => [name, adapter.limits[name]])),
    });
  } catch (cause) {
    return refuse('the graphics adapter gives no device', cause);
  }
  const watch = watchWebgpu(device);
  try {
    const { WebGPUBackend } = await import('@tensorflow/tfjs-backend-webgpu');
    // Importing registers a factory that would make a second device.
    tf.removeBackend('webgpu');
    tf.registerBackend('webgpu', () => new WebGPUBackend(device, infoOf(adapter)), 3);
    if (!(await tf.setBackend('webgpu'))) {
      device.destroy();
      return refuse('the WebGPU backend does not start');
    }
  } catch (cause) {
    device.destroy();
    return refuse('the WebGPU backend does not start', cause);
  }
  return {
    backend: 'webgpu',
    version: tf.version_core,
    detail: `WebGPU ${tf.version_core} on ${describeAdapter(adapter)}`,
    limits: pixelLimits({
      total: availableMemory(),
      tensor: Math.min(device.limits.maxStorageBufferBindingSize, device.limits.maxBufferSize),
    }),
    ...watch,
  };
}

/** As browsers have it today; the types that come with tfjs are older. */
type AdapterInfo = GPUAdapterInfo & { readonly isFallbackAdapter?: boolean };

const infoOf = (adapter: GPUAdapter): AdapterInfo =>
  (adapter as { info?: AdapterInfo }).info ?? ({} as AdapterInfo);

const isSoftware = (adapter: GPUAdapter): boolean =>
  infoOf(adapter).isFallbackAdapter ?? adapter.isFallbackAdapter;

function describeAdapter(adapter: GPUAdapter): string {
  const { vendor, architecture, description } = infoOf(adapter);
  const words = [vendor, architecture, description].filter(Boolean);
  return words.length > 0 ? words.join(' ') : 'an unnamed adapter';
}
