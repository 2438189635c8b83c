import { activateQuietly, type DeviceDriver } from '@latent-matte/core/backend';
import { activateWasm, wasmRemedy } from './activate-wasm';
import { activateWebgpu } from './activate-webgpu';
import type { WasmFileUrls } from './wasm-paths';

export type ConcreteWebDevice = 'webgpu' | 'wasm';

/** `auto`: WebGPU on a graphics card, else `wasm`. */
export type WebDevice = 'auto' | ConcreteWebDevice;

/** What a browser has to compute with. @param wasmPaths default: the files of this package */
export const webDevices = (wasmPaths?: WasmFileUrls): DeviceDriver<ConcreteWebDevice> => ({
  devices: ['webgpu', 'wasm'],
  remedies: { webgpu: 'Use the device "wasm" or "auto".', wasm: wasmRemedy },
  activate: (device, asked) =>
    activateQuietly(() => (device === 'webgpu' ? activateWebgpu(asked) : activateWasm(wasmPaths))),
});
