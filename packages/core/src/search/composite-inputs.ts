import * as tf from '@tensorflow/tfjs-core';
import type { PortraitLayers, RasterImage } from '../contracts';
import { randomBackground } from '../imaging/backgrounds';
import { type Fit, stretchedLikePillow } from '../imaging/fit-picture';
import { frameTensor } from '../imaging/image-letterbox';
import { fitLetterbox } from '../imaging/letterbox';
import { assertRaster, opaqueRgb, toFloatImage } from '../imaging/raster';
import type { Parts } from '../prediction/parts';
import { predictMatte } from '../prediction/predict-matte';
import type { Random } from '../random';

/** The portrait moves by a fraction of a grey level per step; F follows every so many steps. */
const FOREGROUND_EVERY = 5;

/** What a run may do in another way than the paper. */
export interface CompositeRules {
  readonly fit?: Fit;
  /** A background for each step, or one for the run. Default `'step'`. */
  readonly backgroundEvery?: 'step' | 'run';
  /** F of every step, when it does not follow the portrait; owned by the caller. */
  readonly layers?: PortraitLayers | undefined;
  /** Alpha `[1, H, W, 1]` of a portrait, at its size. Default `predictMatte`. */
  readonly alphaOf?: (portrait: tf.Tensor4D) => tf.Tensor4D;
}

/**
 * What the re-composited portrait of L_ca (paper Eq. 4) is made of besides alpha: a background for each step,
 * and the foreground colours of the current portrait. Frees what it holds with `dispose`.
 */
export class CompositeInputs {
  readonly #parts: Parts;
  readonly #random: Random;
  readonly #frame: readonly [number, number];
  readonly #alpha: tf.Tensor4D | undefined;
  readonly #pictures: tf.Tensor4D[] = [];
  readonly #rules: CompositeRules;
  #drawn: tf.Tensor4D | undefined;
  #current: tf.Tensor4D | undefined;
  #layers: PortraitLayers | undefined;

  /**
   * @param frame `[height, width]` at which the losses look
   * @param alpha `[1, H, W, 1]`, the true alpha to estimate F with, when it is known; owned by the caller
   * @throws InvalidImageError for a background that is not an image
   */
  constructor(
    parts: Parts,
    random: Random,
    frame: readonly [number, number],
    backgrounds: readonly RasterImage[] = [],
    alpha?: tf.Tensor4D,
    rules: CompositeRules = {},
  ) {
    this.#rules = rules;
    this.#alpha = alpha;
    this.#parts = parts;
    this.#random = random;
    this.#frame = frame;
    if (parts.discriminator === undefined) return;
    for (const picture of backgrounds) assertRaster(picture, 'A background');
    for (const picture of backgrounds) {
      this.#pictures.push(framed(picture, frame, rules.fit));
    }
  }

  /** The background of the next step, `[1, H, W, 3]`, valid until the next call; none when L_ca is off. */
  drawBackground(): tf.Tensor4D | undefined {
    if (this.#parts.discriminator === undefined) return undefined;
    if (this.#rules.backgroundEvery === 'run' && this.#current !== undefined) return this.#current;
    this.#current = this.#draw();
    return this.#current;
  }

  #draw(): tf.Tensor4D {
    if (this.#pictures.length > 0) {
      return this.#pictures[this.#random.integer(this.#pictures.length)]!;
    }
    this.#drawn?.dispose();
    this.#drawn = randomBackground(this.#random, ...this.#frame);
    return this.#drawn;
  }

  /**
   * Layers for estimators without gradient, which run outside of the tape: F is a constant of the step,
   * estimated from the current portrait. `undefined` for estimators that run inside the tape, and when L_ca is
   * off.
   *
   * @param portrait makes the current portrait, when it is needed
   */
  async layers(step: number, portrait: () => tf.Tensor4D): Promise<PortraitLayers | undefined> {
    const { discriminator, foreground, reference, trimap } = this.#parts;
    if (discriminator === undefined) return undefined;
    if (this.#rules.layers !== undefined) return this.#rules.layers;
    if (foreground.differentiable === 'image') return undefined;
    if (step % FOREGROUND_EVERY !== 0 && this.#layers !== undefined) return this.#layers;
    const current = tf.tidy(() => {
      const image = tf.clipByValue(portrait(), 0, 1) as tf.Tensor4D;
      const { alphaOf = (x) => predictMatte(trimap, reference, x).alpha } = this.#rules;
      return { image, alpha: this.#alpha ?? alphaOf(image) };
    });
    try {
      const next = await foreground.estimate(current.image, current.alpha);
      this.#disposeLayers();
      this.#layers = next;
      return next;
    } finally {
      current.image.dispose();
      if (current.alpha !== this.#alpha) current.alpha.dispose();
    }
  }

  #disposeLayers(): void {
    if (this.#layers === undefined) return;
    tf.dispose([this.#layers.foreground, this.#layers.background]);
    this.#layers = undefined;
  }

  dispose(): void {
    tf.dispose(this.#pictures);
    this.#drawn?.dispose();
    this.#disposeLayers();
  }
}

function framed(
  picture: RasterImage,
  frame: readonly [number, number],
  fit: Fit = 'letterbox',
): tf.Tensor4D {
  if (fit !== 'letterbox') return stretchedLikePillow(opaqueRgb(picture), frame, 'bicubic');
  const box = fitLetterbox([picture.height, picture.width], frame);
  return frameTensor(opaqueRgb(toFloatImage(picture)), box);
}
