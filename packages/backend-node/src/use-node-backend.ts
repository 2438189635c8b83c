import '@latent-matte/core/gradients';
import {
  type Backend,
  BackendError,
  InvalidOptionError,
  type RasterImage,
  setActiveBackend,
} from '@latent-matte/core';
import { activateCpu } from './activate-cpu';
import { activateNative } from './activate-native';
import { activateWasm } from './activate-wasm';
import { type Activation, isRefusal, quietly, type Refusal } from './activation';
import { type ReadImageOptions, readImage } from './read-image';
import type { ImageSource } from './read-source';
import { resolveWeights } from './resolve-weights';

/** `auto`: the first of native, wasm and cpu that loads. */
export type NodeDevice = 'auto' | 'native' | 'wasm' | 'cpu';

export interface NodeBackendOptions {
  /** Default `'auto'`. */
  device?: NodeDevice;
}

/** The {@link Backend} of Node. */
export interface NodeBackend extends Backend {
  readonly platform: 'node';
  readImage(source: ImageSource, options?: ReadImageOptions): Promise<RasterImage>;
}

type ConcreteDevice = Exclude<NodeDevice, 'auto'>;

/** In order of preference. */
export const activators: Record<ConcreteDevice, () => Promise<Activation | Refusal>> = {
  native: activateNative,
  wasm: activateWasm,
  cpu: activateCpu,
};

const remedies: Record<ConcreteDevice, string> = {
  native:
    'Install @tensorflow/tfjs-node 4.22.0 (or -gpu) and allow its install script, point LATENT_MATTE_TFJS_NODE at a built copy, or use the device "wasm".',
  wasm: 'Reinstall @tensorflow/tfjs-backend-wasm 4.22.0, or use the device "cpu".',
  cpu: 'Reinstall @tensorflow/tfjs-backend-cpu 4.22.0.',
};

/**
 * Starts a compute device, registers the gradients tfjs needs, and makes it the backend of this SDK.
 *
 *     import { enhancePortrait, readImage, useNodeBackend } from '@latent-matte/backend-node';
 *     const backend = await useNodeBackend();
 *     const { portrait } = await enhancePortrait(await readImage('photo.jpg'));
 *
 * Devices: `native` is tfjs-node(-gpu), an optional peer dependency; `wasm` runs everywhere; `cpu` is plain
 * JavaScript. Calling it again switches the device; tensors made before stay usable.
 *
 * @throws BackendError the device, or with `auto` every device, cannot be used
 * @throws InvalidOptionError an unknown device
 */
export async function useNodeBackend(options: NodeBackendOptions = {}): Promise<NodeBackend> {
  const device = options.device ?? 'auto';
  const { activation, description } =
    device === 'auto' ? await firstThatLoads() : await exactly(device);
  const backend: NodeBackend = {
    platform: 'node',
    device: activation.backend,
    description,
    limits: { maxPixels: activation.maxPixels },
    readImage: (source: ImageSource, readOptions?: ReadImageOptions) =>
      readImage(source, readOptions),
    resolveWeights,
  };
  setActiveBackend(backend);
  return backend;
}

interface Choice {
  readonly activation: Activation;
  readonly description: string;
}

async function exactly(device: string): Promise<Choice> {
  if (!isConcrete(device)) {
    const planned = device === 'cuda' || device === 'webgpu';
    throw planned
      ? new BackendError(
          `The device "${device}" is not supported in Node yet.`,
          device === 'cuda'
            ? 'Install @tensorflow/tfjs-node-gpu and use the device "native".'
            : 'Use the device "native" or "wasm".',
        )
      : new InvalidOptionError(
          `There is no device "${device}".`,
          'Use "auto", "native", "wasm" or "cpu".',
        );
  }
  const outcome = await quietly(activators[device]);
  if (isRefusal(outcome)) {
    throw new BackendError(
      `The device "${device}" cannot be used: ${outcome.refused}.`,
      remedies[device],
      { cause: outcome.cause },
    );
  }
  return { activation: outcome, description: `${device}: ${outcome.detail}, as asked` };
}

async function firstThatLoads(): Promise<Choice> {
  const refusals: string[] = [];
  for (const device of Object.keys(activators) as ConcreteDevice[]) {
    const outcome = await quietly(activators[device]);
    if (!isRefusal(outcome)) {
      const why = refusals.length === 0 ? 'the fastest that loads' : refusals.join('; ');
      return { activation: outcome, description: `${device}: ${outcome.detail}; ${why}` };
    }
    refusals.push(`no ${device}: ${outcome.refused}`);
  }
  throw new BackendError(`No compute device can be used: ${refusals.join('; ')}.`, remedies.wasm);
}

const isConcrete = (device: string): device is ConcreteDevice => Object.hasOwn(activators, device);
