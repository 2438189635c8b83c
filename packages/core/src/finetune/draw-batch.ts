import * as tf from '@tensorflow/tfjs-core';
import type { RasterImage } from '../contracts';
import { randomBackground } from '../imaging/backgrounds';
import { opaqueRgb, readTensor, toFloatImage } from '../imaging/raster';
import { createRandom, type Random } from '../random';
import { drawExample } from './draw-example';
import type { FineTuneSettings } from './options';
import type { PairStore } from './pair-store';
import { type Picture, pictureOf } from './picture';

/** Examples of one update, `[N, size, size, ·]`; the tensors are the caller's. */
export interface Batch {
  readonly [name: string]: tf.Tensor4D;
  /** RGB in [0, 1]. */
  readonly image: tf.Tensor4D;
  /** 0, 0.5 or 1. */
  readonly trimap: tf.Tensor4D;
  /** True alpha. */
  readonly alpha: tf.Tensor4D;
  /** 1 where the trimap is unknown. */
  readonly unknown: tf.Tensor4D;
  /** F − B, 0 where it is not known. */
  readonly contrast: tf.Tensor4D;
}

/** Where examples come from. At least one of the stores is there. */
export interface TrainingData {
  readonly pairs: PairStore | undefined;
  readonly real: PairStore | undefined;
  readonly backgrounds: readonly Picture[];
}

/** Without backgrounds of the user's, this many are made up. */
const MADE_UP = 16;
/** They are smooth: more pixels would show nothing more. */
const MADE_UP_SIZE = 128;
const BACKGROUND_SIDE = 1024;

/** Backgrounds as they are sampled: the user's, or smooth random ones. */
export async function prepareBackgrounds(
  given: readonly RasterImage[] | undefined,
  seed: number,
): Promise<Picture[]> {
  if (given !== undefined && given.length > 0) {
    return given.map((image) => pictureOf(opaqueRgb(toFloatImage(image)), BACKGROUND_SIDE));
  }
  const random = createRandom(seed).fork('backgrounds');
  const made: Picture[] = [];
  for (let i = 0; i < MADE_UP; i++) {
    const scene = randomBackground(random.fork(`${i}`), MADE_UP_SIZE, MADE_UP_SIZE);
    try {
      made.push(pictureOf(await readTensor(scene), BACKGROUND_SIDE));
    } finally {
      scene.dispose();
    }
  }
  return made;
}

/** The batch of one update. Everything random comes from `random`, so that a resumed training draws the same. */
export async function drawBatch(
  data: TrainingData,
  random: Random,
  settings: FineTuneSettings,
): Promise<Batch> {
  const { batch: count, crop: size, ratio, composite } = settings;
  const pixels = size * size;
  const image = new Float32Array(count * pixels * 3);
  const contrast = new Float32Array(count * pixels * 3);
  const alpha = new Float32Array(count * pixels);
  const trimap = new Float32Array(count * pixels);
  const unknown = new Float32Array(count * pixels);
  for (let n = 0; n < count; n++) {
    const generated = random.uniform() < ratio;
    const store = ((generated ? data.pairs : data.real) ?? data.pairs ?? data.real) as PairStore;
    const pair = await store.at(random.integer(store.length));
    const composes = random.uniform() < composite;
    const scene = data.backgrounds[random.integer(data.backgrounds.length)];
    const example = drawExample(pair, composes ? scene : undefined, random, settings);
    image.set(example.image, n * pixels * 3);
    contrast.set(example.contrast, n * pixels * 3);
    alpha.set(example.alpha, n * pixels);
    for (let p = 0; p < pixels; p++) {
      trimap[n * pixels + p] = example.trimap[p] / 2;
      unknown[n * pixels + p] = example.trimap[p] === 1 ? 1 : 0;
    }
  }
  const tensor = (values: Float32Array, channels: number) =>
    tf.tensor4d(values, [count, size, size, channels]);
  return {
    image: tensor(image, 3),
    trimap: tensor(trimap, 1),
    alpha: tensor(alpha, 1),
    unknown: tensor(unknown, 1),
    contrast: tensor(contrast, 3),
  };
}
