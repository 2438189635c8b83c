import '@latent-matte/core/gradients';
import { type Backend, InvalidOptionError, type RasterImage } from '@latent-matte/core';
import { chooseDevice, DeviceRecovery, isWatched } from '@latent-matte/core/backend';
import { assertOptionsOf, setActiveBackend, setPassCompiler } from '@latent-matte/core/internal';
import { type ReadImageOptions, readImage } from '../image/read-image';
import type { ImageSource } from '../image/read-source';
import { resolveWeights, type WeightResolver } from '../weights/resolve-weights';
import { nativePassCompiler } from './compiled/native-pass-compiler';
import { type ConcreteDevice, devices, isDevice, type NodeDevice, nodeDevices } from './devices';

/** What `compile` may be. */
export const compileChoices = ['searches', 'always', 'never'] as const;

export interface NodeBackendOptions {
  /** Default `'auto'`. */
  device?: NodeDevice;
  /**
   * Threads with which `wasm` computes one picture, 1 to 64; other devices have settings of their own. `'auto'`: one for
   * each core that nobody else works on while it starts, at most 4, which takes a tenth of a second to see. Bytes are the
   * same for any number. Several pictures at a time are better served by a worker pool, whose workers have one each. The
   * first start of `wasm` in a process decides. One where the application was bundled without this package's files.
   * Default 1: a process that lives on cannot know at its start how busy the cores will be.
   */
  threads?: number | 'auto';
  /**
   * On `native`, whether TensorFlow gets a network as one graph in place of one operation at a time. That takes 0.2 to 0.5 s
   * per network and size of picture, with its gradient 1.5 s, and a pass then takes a third to a half of the time. `'searches'`: only where a search
   * of ten steps and more asks a network again and again. `'always'`: for a process that looks at many pictures of one size.
   * The last digits of the answers differ; the same setting gives the same bytes. Default `'searches'`.
   */
  compile?: (typeof compileChoices)[number] | undefined;
  /** Brings weight files. Default: {@link resolveWeights}, with a cache on disk. */
  resolveWeights?: WeightResolver;
}

/** The {@link Backend} of Node. */
export interface NodeBackend extends Backend {
  readonly platform: 'node';
  /** The device in use, by the name under which it can be asked for: `native` and `cuda` both compute with `tensorflow`. */
  readonly chosenDevice: ConcreteDevice;
  readImage(source: ImageSource, options?: ReadImageOptions): Promise<RasterImage>;
}

/**
 * Starts a compute device, registers the gradients tfjs needs, and makes it the backend of this SDK.
 *
 * Devices: `cuda` is tfjs-node-gpu, `webgpu` is Dawn (npm `webgpu`) with tfjs-backend-webgpu, `native` is tfjs-node:
 * optional peer dependencies all. `wasm` runs everywhere; `cpu` is plain JavaScript. A device counts as working
 * once a small convolution came out right. Calling it again switches the device; tensors made before stay usable.
 *
 * ```ts
 * import { enhancePortrait, readImage, useNodeBackend } from '@latent-matte/backend-node';
 *
 * const { description } = await useNodeBackend();
 * const { portrait } = await enhancePortrait(await readImage('photo.jpg'));
 * ```
 *
 * @throws BackendError the device, or with `auto` every device, cannot be used
 * @throws InvalidOptionError an unknown device or option
 */
export async function useNodeBackend(options: NodeBackendOptions = {}): Promise<NodeBackend> {
  assertOptionsOf<NodeBackendOptions>('useNodeBackend', options, {
    device: { is: 'value', noun: 'the name of a device' },
    threads:
      options?.threads === 'auto'
        ? { is: 'value', noun: '"auto"' }
        : { is: 'whole', min: 1, max: 64 },
    compile: { is: 'choice', of: compileChoices },
    resolveWeights: { is: 'callback' },
  });
  const device = options.device ?? 'auto';
  if (device !== 'auto' && !isDevice(device)) {
    throw new InvalidOptionError(
      `There is no device "${device}".`,
      `Use "auto", ${devices.map((name) => `"${name}"`).join(', ')}.`,
    );
  }
  const recovery = await DeviceRecovery.start((from?: ConcreteDevice) =>
    chooseDevice(device, nodeDevices(options.threads ?? 1), from),
  );
  const backend: NodeBackend = {
    platform: 'node',
    // Read anew each time: a device that failed is replaced.
    get device() {
      return recovery.activation.backend;
    },
    get chosenDevice() {
      return recovery.device;
    },
    get description() {
      return recovery.description;
    },
    get limits() {
      return recovery.activation.limits;
    },
    readImage: (source: ImageSource, readOptions?: ReadImageOptions) =>
      readImage(source, readOptions),
    resolveWeights: options.resolveWeights ?? resolveWeights,
    ...(isWatched(recovery.activation) && { run: (call, here) => recovery.run(call, here) }),
  };
  setActiveBackend(backend);
  const { compile = 'searches' } = options;
  setPassCompiler(
    'tensorflow',
    compile === 'never' ? undefined : nativePassCompiler(compile === 'always'),
  );
  return backend;
}
