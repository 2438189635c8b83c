import type { Random } from '@latent-matte/core';
import { upfirdn2d } from '@latent-matte/core/ops';
import {
  COMPACT_STYLEGAN2,
  generatorShapes,
  noiseSide,
  type StyleGAN2GeneratorArchitecture,
} from '@latent-matte/models/internals';
import * as tf from '@tensorflow/tfjs-core';
import type { Values, Variables } from '../parameter-group';
import { scaledChannels, trainableStyledConvolution } from './trainable-convolutions';

export type { Values, Variables };

/** Shapes as trained. Filters are `[kh, kw, in, out]` (transposed ones `[kh, kw, out, in]`), dense weights `[out, in]`. */
export function trainedShape(name: string, canonical: readonly number[]): number[] {
  if (isFilter(name, canonical)) {
    const [output, input, height, width] = canonical.slice(-4);
    return isUp(name) ? [height, width, output, input] : [height, width, input, output];
  }
  if (name === 'input.input') return [1, 4, 4, canonical[1]];
  return name.endsWith('bias') ? [canonical.reduce((a, b) => a * b, 1)] : [...canonical];
}

/** Shapes of the compact generator, as trained. */
export function trainedGeneratorShapes(): Record<string, number[]> {
  return Object.fromEntries(
    Object.entries(generatorShapes(COMPACT_STYLEGAN2)).map(([name, shape]) => [
      name,
      trainedShape(name, shape),
    ]),
  );
}

/** Axis of the canonical shape that each axis of the trained one comes from. */
function axes(name: string, canonical: readonly number[]): number[] {
  if (isFilter(name, canonical)) return isUp(name) ? [2, 3, 0, 1] : [2, 3, 1, 0];
  if (name === 'input.input') return [0, 2, 3, 1];
  return canonical.map((_, i) => i);
}

const isFilter = (name: string, shape: readonly number[]) =>
  shape.length >= 4 && name.endsWith('weight');
/** In the generator the even `convs` double the size. */
const isUp = (name: string) => /^convs\.\d*[02468]\.conv\.weight$/.test(name);

/** From the layout of a checkpoint to the trained one, or back. */
export function rearranged(
  name: string,
  canonical: readonly number[],
  values: Float32Array,
  direction: 'train' | 'canonical',
): Float32Array {
  const shape = isFilter(name, canonical) ? canonical.slice(-4) : [...canonical];
  const order = axes(name, canonical);
  return tf.tidy(() => {
    if (direction === 'train') return tf.transpose(tf.tensor(values, shape), order).dataSync();
    const trained = tf.tensor(
      values,
      order.map((axis) => shape[axis]),
    );
    const back = order.map((_, axis) => order.indexOf(axis));
    return tf.transpose(trained, back).dataSync();
  }) as Float32Array;
}

/** Fresh weights in the trained layout: normal, with quiet RGB layers so that new levels add little at first. */
export function initialGenerator(
  architecture: StyleGAN2GeneratorArchitecture,
  random: Random,
): Values {
  const values: Values = {};
  for (const [name, canonical] of Object.entries(generatorShapes(architecture))) {
    const data = new Float32Array(canonical.reduce((a, b) => a * b, 1));
    if (name.endsWith('modulation.bias')) data.fill(1);
    else if (name.endsWith('noise.weight')) data.fill(NOISE_STRENGTH);
    else if (!name.endsWith('bias')) {
      const level = Number(/^to_rgbs\.(\d+)\.conv\.weight$/.exec(name)?.[1] ?? -1);
      const rgb = /^to_rgb.*\d\.conv\.weight$/.test(name);
      const scale = name.startsWith('style.') ? 100 : rgb ? (level >= 3 ? 0.05 : 0.3) : 1;
      const normals = random.fork(name).normals(data.length);
      for (let i = 0; i < data.length; i++) data[i] = normals[i] * scale;
    }
    values[name] = data;
  }
  return values;
}

/** Strength of the noise in training; what ships has its own, see `noise-strengths.ts`. */
export const NOISE_STRENGTH = 0.05;

/** Random noise maps for a batch, coarse to fine. */
export function drawNoise(random: Random, count: number, levels: number): tf.Tensor4D[] {
  return Array.from({ length: 2 * levels - 1 }, (_, i) => {
    const side = noiseSide(i);
    return tf.randomNormal([count, side, side, 1], 0, 1, 'float32', random.integer(2 ** 31));
  });
}

/**
 * The synthesis network on variables, to any of its levels: thanks to its skips, the picture so far is a picture.
 *
 * @param styles `[N, rows, styleSize]`; rows beyond the level are not used
 * @param levels 1 for 4², 2 for 8² …
 * @returns `[N, side, side, 3]`, about [−1, 1]
 */
export function trainableSynthesis(
  variables: Variables,
  styles: tf.Tensor3D,
  noise: readonly tf.Tensor4D[],
  levels: number,
): tf.Tensor4D {
  const [n, rows, styleSize] = styles.shape;
  const perRow = tf.unstack(styles, 1) as tf.Tensor2D[];
  const v = (name: string) => variables[name] as unknown as tf.Tensor;
  const style = (name: string, row: number) => {
    const weight = tf.mul(v(`${name}.conv.modulation.weight`), 1 / Math.sqrt(styleSize));
    const projected = tf.matMul(
      perRow[Math.min(row, rows - 1)],
      weight as tf.Tensor2D,
      false,
      true,
    );
    return tf.add(projected, v(`${name}.conv.modulation.bias`)) as tf.Tensor2D;
  };
  const styled = (x: tf.Tensor4D, name: string, index: number, up: boolean) => {
    const filter = v(`${name}.conv.weight`) as tf.Tensor4D;
    return trainableStyledConvolution(
      x,
      style(name, index),
      noise[index],
      {
        filter: tf.mul(filter, 1 / Math.sqrt(9 * x.shape[3])),
        bias: v(`${name}.activate.bias`),
        strength: v(`${name}.noise.weight`),
      },
      up,
    );
  };
  const rgb = (x: tf.Tensor4D, name: string, row: number) => {
    const [, height, width, channels] = x.shape;
    const filter = tf.reshape(v(`${name}.conv.weight`), [channels, 3]);
    const modulated = scaledChannels(x, style(name, row));
    const mixed = tf.matMul(
      tf.reshape(modulated, [n * height * width, channels]),
      tf.mul(filter, 1 / Math.sqrt(channels)) as tf.Tensor2D,
    );
    return tf.reshape(tf.add(mixed, v(`${name}.bias`)), [n, height, width, 3]) as tf.Tensor4D;
  };
  // By multiplication, whose gradient is a sum: that of a tile is slices.
  const start = tf.mul(v('input.input'), tf.ones([n, 1, 1, 1])) as tf.Tensor4D;
  let x = styled(start, 'conv1', 0, false);
  let image = rgb(x, 'to_rgb1', 1);
  for (let j = 0; j < levels - 1; j++) {
    x = styled(x, `convs.${2 * j}`, 2 * j + 1, true);
    x = styled(x, `convs.${2 * j + 1}`, 2 * j + 2, false);
    const upsampled = upfirdn2d(image, [1 / 4, 3 / 4, 3 / 4, 1 / 4], {
      up: 2,
      padding: [2, 1, 2, 1],
    });
    image = tf.add(upsampled, rgb(x, `to_rgbs.${j}`, 2 * j + 3));
  }
  return image;
}
