import {
  type Activation,
  activateQuietly,
  type DeviceDriver,
  type Refusal,
} from '@latent-matte/core/backend';
import { activateCpu } from './activate-cpu';
import { activateNative } from './activate-native';
import { activateWasm } from './activate-wasm';
import { activateWebgpu } from './activate-webgpu';

/**
 * What computes in Node. `auto`: the first of cuda, webgpu, native, wasm and cpu that works, without a WebGPU
 * that is emulated on the CPU.
 */
export type NodeDevice = 'auto' | 'cuda' | 'webgpu' | 'native' | 'wasm' | 'cpu';

export type ConcreteDevice = Exclude<NodeDevice, 'auto'>;

/** Of `wasm`: a number, or `'auto'`. */
type Threads = number | 'auto';

const activators: Record<ConcreteDevice, (threads: Threads) => Promise<Activation | Refusal>> = {
  cuda: () => activateNative('cuda'),
  webgpu: activateWebgpu,
  native: () => activateNative('native'),
  wasm: activateWasm,
  cpu: activateCpu,
};

/** In order of preference. */
export const devices = Object.keys(activators) as ConcreteDevice[];

export const isDevice = (device: string): device is ConcreteDevice =>
  Object.hasOwn(activators, device);

/** What brings a device that is not there. */
export const remedies: Record<ConcreteDevice, string> = {
  cuda: 'Install @tensorflow/tfjs-node-gpu 4.22.0 (Linux, NVIDIA, CUDA 11.2) and allow its install script, or use the device "webgpu".',
  webgpu: 'Install webgpu and @tensorflow/tfjs-backend-webgpu 4.22.0, or use the device "wasm".',
  native:
    'Install @tensorflow/tfjs-node 4.22.0 and allow its install script, point LATENT_MATTE_TFJS_NODE at a built copy, or use the device "wasm".',
  wasm: 'Reinstall @latent-matte/backend-node, or use the device "cpu".',
  cpu: 'Reinstall @latent-matte/backend-node.',
};

/**
 * Makes a device tfjs's backend and lets it prove itself.
 *
 * @param threads of `wasm`. Default 1
 */
export const activate = (
  device: ConcreteDevice,
  threads: Threads = 1,
): Promise<Activation | Refusal> => activateQuietly(() => activators[device](threads));

/** What Node has to compute with. @param threads of `wasm` */
export const nodeDevices = (threads: Threads): DeviceDriver<ConcreteDevice> => ({
  devices,
  remedies,
  activate: (device) => activate(device, threads),
});
