import * as tf from '@tensorflow/tfjs-core';
import type { Generator, LatentCode } from '../contracts';
import { checkShape } from '../prediction/predict-matte';
import type { Random } from '../random';

/** A generator that can invent portraits. */
export type MappingGenerator = Generator & Required<Pick<Generator, 'map'>>;

/**
 * The random latents (w, n) a pair begins with: z ~ N(0, 1) through the mapping network, and noise maps.
 *
 * @returns a code of one portrait, owned by the caller
 * @throws ModelOutputError the mapping network returned something else
 */
export function initialLatents(
  generator: MappingGenerator,
  random: Random,
  { truncation, noise }: { truncation: number; noise: 'random' | 'generator' },
): LatentCode {
  const { latents } = generator;
  return tf.tidy(() => {
    const dim = latents.styles[1];
    const z = tf.tensor2d(random.fork('z').normals(dim), [1, dim]);
    const { styles, noise: own } = generator.map(z, { truncation });
    checkShape(generator.name, 'styles from map()', styles, [1, ...latents.styles]);
    const maps = random.fork('noise');
    return {
      styles,
      noise: latents.noise.map(([height, width, channels], i) => {
        const shape: [number, number, number, number] = [1, height, width, channels];
        return noise === 'generator'
          ? checkShape(generator.name, `noise map ${i} from map()`, own[i]!, shape)
          : tf.tensor4d(maps.normals(height * width * channels), shape);
      }),
    };
  });
}
