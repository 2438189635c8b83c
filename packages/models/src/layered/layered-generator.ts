import {
  type Generator,
  InvalidImageError,
  InvalidOptionError,
  type LatentCode,
  type LatentShape,
  SPEC_VERSION,
} from '@latent-matte/core';
import { enlargedSum, layeredPicture, type PictureLayers } from '@latent-matte/core/internal';
import { resize } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import { refuseAfterDispose } from '../layers/refuse-after-dispose';
import { bandAlong, crispness } from './edge-band';
import { type LayerDirection, pushApart } from './push-apart';

/** A portrait and what is known of its layers, `[1, H, W, 3]` and alpha `[1, H, W, 1]`, all in [0, 1]. */
export interface LayeredPortrait {
  readonly image: tf.Tensor4D;
  readonly alpha: tf.Tensor4D;
  readonly foreground: tf.Tensor4D;
  readonly background: tf.Tensor4D;
}

export interface LayeredOptions {
  /** Largest change of a colour value, in (0, 1]. Default 0.1. */
  range?: number;
  /** Longest side of the coarsest grid, ≥ 1. Default 4. */
  coarsest?: number;
  /** Longest side of the finest grid, ≥ the coarsest. Default 64. */
  finest?: number;
  /** How far from the edge the change reaches, pixels of a portrait whose longest side is 512. Default 8. */
  band?: number;
  /** Along which colours `start` pushes the layers apart: all, or lightness alone. Default `'colour'`. */
  direction?: LayerDirection;
  /** Length of the colour shift of each layer at the start, in [0, range]. Default 0.08: bounds of the search cut it back. */
  push?: number;
  /**
   * How fast the push fades where the matte is soft, ≥ 0: 0 pushes everywhere. To push apart what is mixed makes hair harder
   * than it is. Default 3.
   */
  fade?: number;
}

/** Shift and gain of F, then of B, each RGB. */
const FIELDS = 12;

/**
 * A generator without weights whose freedom is that of the two layers of a portrait. Its latents are smooth fields, grids
 * from 4 to 64 samples on the longest side, of a colour shift s and a gain g of the foreground F and the background B.
 * They are seen through the matte α, in a band w along its edge:
 *
 *     G = I + w · r · tanh( (α (s_F + g_F F) + (1 − α) (s_B + g_B B)) / r )
 *
 * Inversion is exact (all fields 0) and instant. What is finer than a grid comes from the layers alone, so that the change
 * cannot hold a pattern made for one network. `start` pushes F away from B along the difference of their local colours,
 * which every network reads; it is worth what the matte is worth. Where hair is loose it does not.
 */
export class LayeredGenerator implements Generator {
  readonly specVersion = SPEC_VERSION;
  readonly name = 'layered';
  readonly license = 'MIT (no weights)';
  readonly resolution: readonly [number, number];
  readonly latents: LatentShape;
  readonly range: number;
  readonly #layers: PictureLayers;
  readonly #push: number;
  readonly #fade: number;
  readonly #direction: LayerDirection;

  /**
   * @param portrait copied; stays the caller's
   * @throws InvalidOptionError options out of range. @throws InvalidImageError shapes that do not fit
   */
  constructor(portrait: LayeredPortrait, options: LayeredOptions = {}) {
    const { range = 0.1, coarsest = 4, finest = 64, band = 8 } = options;
    const { push = Math.min(0.08, range), direction = 'colour', fade = 3 } = options;
    const fits = range > 0 && range <= 1 && push >= 0 && push <= range && band > 0 && fade >= 0;
    if (!fits || !(coarsest >= 1 && finest >= coarsest && Number.isFinite(finest))) {
      throw new InvalidOptionError(
        `LayeredGenerator got range ${range}, push ${push}, fade ${fade}, band ${band}, grids ${coarsest} to ${finest}.`,
        'Use 0 < range ≤ 1, 0 ≤ push ≤ range, fade ≥ 0, band > 0 and 1 ≤ coarsest ≤ finest.',
      );
    }
    assertShapes(portrait);
    const [, height, width] = portrait.image.shape;
    this.resolution = [height, width];
    this.range = range;
    this.latents = { styles: [0, 0], noise: gridSizes(height, width, coarsest, finest) };
    this.#push = push;
    this.#fade = fade;
    this.#direction = direction;
    const { image, alpha, foreground, background } = portrait;
    this.#layers = {
      image: tf.clone(image),
      alpha: tf.clone(alpha),
      foreground: tf.clone(foreground),
      background: tf.clone(background),
      band: bandAlong(alpha, band),
    };
  }

  /** The portrait it was made for has the code 0; other portraits have none. */
  encode(_image: tf.Tensor4D): LatentCode {
    return {
      styles: tf.zeros([1, 0, 0]),
      noise: this.latents.noise.map((size) => tf.zeros([1, ...size]) as tf.Tensor4D),
    };
  }

  /** The layers pushed apart, along crisp edges: where a search begins. */
  start(): LatentCode {
    return tf.tidy(() => {
      const noise = this.latents.noise.map((size) => tf.zeros([1, ...size]) as tf.Tensor4D);
      const [rows, columns] = this.latents.noise.at(-1)!;
      const apart = pushApart(this.#layers, this.#layers.band, this.#direction);
      const direction = tf.mul(apart, crispness(this.#layers.alpha, this.#fade)) as tf.Tensor4D;
      const shift = tf.mul(resize(direction, [rows, columns], 'area'), this.#push);
      const gain = tf.zerosLike(shift);
      const fields = tf.concat([shift, gain, tf.neg(shift), gain], 3) as tf.Tensor4D;
      const styles = tf.zeros([1, 0, 0]) as tf.Tensor3D;
      return { styles, noise: [...noise.slice(0, -1), fields] };
    });
  }

  synthesize(code: LatentCode): tf.Tensor4D {
    return tf.tidy(() => {
      let sum = code.noise[0];
      for (const grid of code.noise.slice(1)) {
        sum = enlargedSum(sum, grid);
      }
      return layeredPicture(sum, this.#layers, this.range);
    });
  }

  dispose(): void {
    tf.dispose(Object.values(this.#layers));
    refuseAfterDispose(this);
  }
}

/** Coarse to fine, each of the shape of the portrait; no grid is finer than the portrait. */
function gridSizes(
  height: number,
  width: number,
  coarsest: number,
  finest: number,
): [number, number, number][] {
  const longest = Math.max(height, width);
  const last = Math.min(finest, longest);
  const sides = [last];
  while (sides[0] / 2 >= coarsest) sides.unshift(sides[0] / 2);
  const samples = (length: number, side: number) =>
    Math.max(1, Math.round((length * side) / longest));
  return sides.map((side) => [samples(height, side), samples(width, side), FIELDS]);
}

function assertShapes({ image, alpha, foreground, background }: LayeredPortrait): void {
  const [batch, height, width] = image.shape;
  const fits = ({ shape }: tf.Tensor4D, channels: number) =>
    [1, height, width, channels].every((size, i) => shape[i] === size);
  const all = [image, foreground, background].every((layer) => fits(layer, 3));
  if (batch === 1 && all && fits(alpha, 1)) return;
  throw new InvalidImageError(
    `LayeredGenerator got an image [${image.shape}], alpha [${alpha.shape}] and layers [${foreground.shape}], [${background.shape}].`,
    'Pass RGB [1, H, W, 3] and alpha [1, H, W, 1] of one size.',
  );
}
