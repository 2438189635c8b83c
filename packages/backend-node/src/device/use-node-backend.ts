import '@latent-matte/core/gradients';
import {
  type Backend,
  BackendError,
  InvalidOptionError,
  type RasterImage,
  setActiveBackend,
} from '@latent-matte/core';
import { type ReadImageOptions, readImage } from '../image/read-image';
import type { ImageSource } from '../image/read-source';
import { resolveWeights, type WeightResolver } from '../weights/resolve-weights';
import { type Activation, isRefusal } from './activation';
import { activate, devices, isDevice, type NodeDevice, remedies } from './devices';
import { explainingErrors } from './explaining-errors';

export interface NodeBackendOptions {
  /** Default `'auto'`. */
  device?: NodeDevice;
  /** Brings weight files. Default: {@link resolveWeights}, with a cache on disk. */
  resolveWeights?: WeightResolver;
}

/** The {@link Backend} of Node. */
export interface NodeBackend extends Backend {
  readonly platform: 'node';
  readImage(source: ImageSource, options?: ReadImageOptions): Promise<RasterImage>;
}

/**
 * Starts a compute device, registers the gradients tfjs needs, and makes it the backend of this SDK.
 *
 *     import { enhancePortrait, readImage, useNodeBackend } from '@latent-matte/backend-node';
 *     const backend = await useNodeBackend();
 *     const { portrait } = await enhancePortrait(await readImage('photo.jpg'));
 *
 * Devices: `cuda` is tfjs-node-gpu, `webgpu` is Dawn (npm `webgpu`) with tfjs-backend-webgpu, `native` is tfjs-node:
 * optional peer dependencies all. `wasm` runs everywhere; `cpu` is plain JavaScript. A device counts as working
 * once a small convolution came out right. Calling it again switches the device; tensors made before stay usable.
 *
 * @throws BackendError the device, or with `auto` every device, cannot be used
 * @throws InvalidOptionError an unknown device
 */
export async function useNodeBackend(options: NodeBackendOptions = {}): Promise<NodeBackend> {
  const device = options.device ?? 'auto';
  const { activation, description } =
    device === 'auto' ? await fastestThatWorks() : await exactly(device);
  const backend: NodeBackend = {
    platform: 'node',
    device: activation.backend,
    description,
    limits: activation.limits,
    readImage: (source: ImageSource, readOptions?: ReadImageOptions) =>
      readImage(source, readOptions),
    resolveWeights: options.resolveWeights ?? resolveWeights,
    run: explainingErrors(device === 'auto' ? activation.backend : device, activation),
  };
  setActiveBackend(backend);
  return backend;
}

interface Choice {
  readonly activation: Activation;
  readonly description: string;
}

async function exactly(device: string): Promise<Choice> {
  if (!isDevice(device)) {
    throw new InvalidOptionError(
      `There is no device "${device}".`,
      `Use "auto", ${devices.map((name) => `"${name}"`).join(', ')}.`,
    );
  }
  const outcome = await activate(device);
  if (isRefusal(outcome)) {
    throw new BackendError(
      `The device "${device}" cannot be used: ${outcome.refused}.`,
      outcome.remedy ?? remedies[device],
      { cause: outcome.cause },
    );
  }
  return { activation: outcome, description: `${device}: ${outcome.detail}, as asked` };
}

async function fastestThatWorks(): Promise<Choice> {
  const refusals: string[] = [];
  for (const device of devices) {
    const outcome = await activate(device);
    if (isRefusal(outcome)) {
      refusals.push(`no ${device}: ${outcome.refused}`);
    } else if (outcome.software) {
      refusals.push(`no ${device}: ${outcome.detail} computes in software, slower than wasm`);
    } else {
      const why = refusals.length === 0 ? 'the fastest there is' : refusals.join('; ');
      return { activation: outcome, description: `${device}: ${outcome.detail}; ${why}` };
    }
  }
  throw new BackendError(`No compute device can be used: ${refusals.join('; ')}.`, remedies.wasm);
}
