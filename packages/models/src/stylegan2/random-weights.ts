import { createRandom } from '@latent-matte/core';
import type { WeightArchive, WeightTensor } from '@latent-matte/core/checkpoints';
import { countOf } from '../count-of';
import { assertResolution, channelTable } from './architecture';
import { discriminatorShapes, generatorShapes, type Shapes } from './parameters';

export interface RandomStyleGAN2Options {
  /** Side of the pictures, a power of two from 16 to 1024. */
  resolution: number;
  /** Feature maps at 4², 8² … resolution². Default: the published table. */
  channels?: readonly number[];
  /** Length of z and w. Default 512. */
  styleSize?: number;
  /** Default 8. */
  mappingLayers?: number;
  /** Strength of the noise in every layer. Default 0.1; training begins at 0. */
  noiseStrength?: number;
  /** Default 0. */
  seed?: number;
}

/**
 * Weights as training initialises them (normal; biases 0, styles 1), as the archive of a checkpoint with the groups
 * `g_ema` and `d`: for tests, for measuring, and to begin a training with.
 *
 * ```ts
 * import { createStyleGAN2Generator, randomStyleGAN2Weights } from '@latent-matte/models';
 *
 * const generator = createStyleGAN2Generator(randomStyleGAN2Weights({ resolution: 64, seed: 7 }));
 * generator.dispose();
 * ```
 *
 * @throws InvalidOptionError for a resolution that StyleGAN2 cannot have
 */
export function randomStyleGAN2Weights(options: RandomStyleGAN2Options): WeightArchive {
  const { resolution, styleSize = 512, mappingLayers = 8, noiseStrength = 0.1 } = options;
  assertResolution(resolution);
  const channels = options.channels ?? channelTable(resolution);
  const random = createRandom(options.seed ?? 0);
  const tensors = new Map<string, WeightTensor>();
  const add = (name: string, shape: readonly number[], values: Float32Array) =>
    tensors.set(name, { dtype: 'F32', shape, bytes: new Uint8Array(values.buffer) });
  const addAll = (group: string, shapes: Shapes) => {
    for (const [name, shape] of Object.entries(shapes)) {
      const count = countOf(shape);
      const values = new Float32Array(count);
      if (name.endsWith('modulation.bias')) values.fill(1);
      else if (name.endsWith('noise.weight')) values.fill(noiseStrength);
      else if (!name.endsWith('bias')) {
        // Stored weights of the mapping network are divided by its learning rate multiplier.
        const scale = name.startsWith('style.') ? 100 : 1;
        const normals = random.fork(`${group} ${name}`);
        for (let i = 0; i < count; i++) values[i] = scale * normals.normal();
      }
      add(`${group}/${name}`, shape, values);
    }
  };
  const architecture = { resolution, channels, styleSize, latentSize: styleSize, mappingLayers };
  addAll('g_ema', generatorShapes(architecture));
  addAll('d', discriminatorShapes(architecture));
  return { tensors };
}
