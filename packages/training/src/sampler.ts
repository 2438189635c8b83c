import type { Random } from '@latent-matte/core';
import {
  addNoise,
  applyColors,
  backgroundFrame,
  detailFrame,
  drawColors,
  type Picture,
  portraitFrame,
  sampleWindow,
} from '@latent-matte/core/fine-tune';
import type { DataSet } from './data-set';

/** One training example, plain data. */
export interface Example {
  /** `size × size` RGB in [0, 1], interleaved. */
  readonly image: Float32Array;
  /** `size × size` in [0, 1]. */
  readonly alpha: Float32Array;
  /** What a network, drawn at random, makes of the photograph, as `alpha`; `undefined` where none was asked. */
  readonly predicted: Float32Array | undefined;
  /** Foreground colours, as `image`. For photographs used as they are: the estimate. */
  readonly foreground: Float32Array;
  /** The background it was composed with; `undefined` for photographs used as they are. */
  readonly background: Float32Array | undefined;
}

export interface SamplerOptions {
  /** Side of the example, pixels. */
  readonly size: number;
  /**
   * `portrait`: the whole head and shoulders, as the trimap network sees them.
   * `detail`: a window around a random semi-transparent pixel, at about the resolution of the data.
   */
  readonly framing: 'portrait' | 'detail';
  /** Share of photographs used as they are, with their estimated matte. Default 0.25. */
  readonly natural?: number;
}

/** Draws a random example: framing, flip, rotation, colours, background, noise. */
export function drawExample(data: DataSet, random: Random, options: SamplerOptions): Example {
  const { size, framing, natural = 0.25 } = options;
  const portrait = data.portraits[random.integer(data.portraits.length)];
  const frame =
    framing === 'portrait'
      ? portraitFrame(random, portrait.alpha, { rotation: 0.15, flip: 0.5 })
      : detailFrame(random, portrait.alpha, size, { rotation: 0.25, flip: 0.5 });

  const mapOf = (picture: Picture) =>
    sampleWindow(picture, frame, size).map((value) => value / 255);
  const alpha = mapOf(portrait.alpha);
  const mattes = portrait.predicted;
  const predicted = mattes.length > 0 ? mapOf(mattes[random.integer(mattes.length)]) : undefined;
  const foreground = sampleWindow(portrait.foreground, frame, size);
  const pixels = size * size;
  if (random.uniform() < natural) {
    const image = sampleWindow(portrait.image, frame, size);
    const colors = drawColors(random, 0.5);
    applyColors(image, colors);
    applyColors(foreground, colors);
    addNoise(image, random);
    return { image, alpha, predicted, foreground, background: undefined };
  }
  const scene = data.backgrounds[random.integer(data.backgrounds.length)];
  const background = sampleBackground(scene, random, size);
  applyColors(foreground, drawColors(random, 1));
  applyColors(background, drawColors(random, 1));
  const image = new Float32Array(pixels * 3);
  for (let p = 0; p < pixels; p++) {
    const a = alpha[p];
    for (let c = 0; c < 3; c++) {
      const i = p * 3 + c;
      image[i] = a * foreground[i] + (1 - a) * background[i];
    }
  }
  addNoise(image, random);
  return { image, alpha, predicted, foreground, background };
}

/** A random window of a scene, `size × size` RGB in [0, 1]. */
export function sampleBackground(scene: Picture, random: Random, size: number): Float32Array {
  return sampleWindow(scene, backgroundFrame(random, scene), size);
}
