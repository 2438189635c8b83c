import * as tf from '@tensorflow/tfjs-core';
import type { Generator, LatentCode, LatentEncoder } from '../contracts';
import { InvalidOptionError } from '../errors';
import { cloneCode, disposeCode } from '../latents/latent-code';
import { assertLatentShape, type LatentData, latentCode } from '../latents/latent-data';
import type { Random } from '../random';
import type { InvertOptions, ResolvedInversion } from './options';
import { styleStatistics } from './style-statistics';

/** Where the search begins. */
export interface Start {
  /** Owned by the caller; `styles` has one row in the space W. */
  readonly code: LatentCode;
  /** Spread of w; 0 unless the method explores. */
  readonly deviation: number;
}

/**
 * The first code: a given one, an encoder's (by default the generator's own), or the mean latent. The projector and the
 * authors' method start from the mean of their own samples of w, and from fresh noise.
 *
 * @param image the letterboxed portrait, `[1, H, W, 3]`; not disposed
 * @throws InvalidOptionError when the generator lacks what the start needs, or the shapes do not fit
 */
export async function startingCode(
  generator: Generator,
  image: tf.Tensor4D,
  options: InvertOptions,
  settings: ResolvedInversion,
  random: Random,
): Promise<Start> {
  const { method } = settings;
  if (method === 'official' && options.start !== undefined && options.start !== 'mean') {
    return { code: givenCode(generator, image, options.start), deviation: 0 };
  }
  if (method !== 'wplus-then-noise') {
    const { start = 'mean' } = options;
    const statistics = await styleStatistics(generator, random.fork('statistics'), method);
    try {
      const given = start === 'mean' ? undefined : givenCode(generator, image, start);
      const noise = generator.latents.noise.map(
        ([height, width, channels], i) =>
          tf.tensor(random.fork(`noise ${i}`).normals(height * width * channels), [
            1,
            height,
            width,
            channels,
          ]) as tf.Tensor4D,
      );
      const styles =
        given === undefined ? tf.clone(statistics.mean) : stylesIn(settings.space, given.styles);
      if (given !== undefined) disposeCode(given);
      const code = {
        styles:
          settings.space === 'w' || styles.shape[1] !== 1
            ? styles
            : everyLayer(styles, generator.latents.styles[0]),
        noise,
      };
      return { code, deviation: statistics.deviation };
    } finally {
      statistics.mean.dispose();
    }
  }
  const start = options.start ?? generator.encoder ?? 'mean';
  const whole = start === 'mean' ? meanCode(generator, image) : givenCode(generator, image, start);
  const styles = stylesIn(settings.space, whole.styles);
  whole.styles.dispose();
  return { code: { styles, noise: whole.noise }, deviation: 0 };
}

function meanCode(generator: Generator, image: tf.Tensor4D): LatentCode {
  if (generator.encode !== undefined) return generator.encode(image);
  if (generator.meanLatent === undefined) {
    throw new InvalidOptionError(
      `Generator "${generator.name}" has no mean latent to start from.`,
      'Give latents or an encoder as `start`.',
    );
  }
  return generator.meanLatent();
}

function givenCode(
  generator: Generator,
  image: tf.Tensor4D,
  start: LatentData | LatentCode | LatentEncoder,
): LatentCode {
  if ('encode' in start) return encoded(generator, image, start);
  // Tensors have a `data` too: a method.
  const isData = ArrayBuffer.isView(start.styles.data);
  if (isData) assertLatentShape(start as LatentData, generator.latents, 'The start');
  const code = isData ? latentCode(start as LatentData) : cloneCode(start as LatentCode);
  try {
    assertLatentShape(withoutBatch(code), generator.latents, 'The start');
    return code;
  } catch (error) {
    disposeCode(code);
    throw error;
  }
}

/** An encoder's guess; the noise it does not know is the generator's own. */
function encoded(generator: Generator, image: tf.Tensor4D, encoder: LatentEncoder): LatentCode {
  const guess = encoder.encode(image);
  let code = guess;
  try {
    if (guess.noise.length === 0 && generator.latents.noise.length > 0) {
      const { styles, noise } = meanCode(generator, image);
      styles.dispose();
      code = { styles: guess.styles, noise };
    }
    assertLatentShape(withoutBatch(code), generator.latents, `The guess of "${encoder.name}"`);
    return code;
  } catch (error) {
    disposeCode(code);
    throw error;
  }
}

const withoutBatch = ({ styles, noise }: LatentCode) => ({
  styles: { shape: styles.shape.slice(1) },
  noise: noise.map(({ shape }) => ({ shape: shape.slice(1) })),
});

/** In W the mean of the rows stands for all layers. */
function stylesIn(space: 'w' | 'w+', styles: tf.Tensor3D): tf.Tensor3D {
  return space === 'w' ? (tf.mean(styles, 1, true) as tf.Tensor3D) : tf.clone(styles);
}

function everyLayer(row: tf.Tensor3D, layers: number): tf.Tensor3D {
  const styles = tf.tile(row, [1, layers, 1]) as tf.Tensor3D;
  row.dispose();
  return styles;
}
