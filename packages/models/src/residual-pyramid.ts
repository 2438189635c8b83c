import {
  type Generator,
  type GeneratorContext,
  InvalidOptionError,
  type LatentCode,
  type LatentShape,
  SPEC_VERSION,
} from '@latent-matte/core';
import { resize } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import { refuseAfterDispose } from './layers/refuse-after-dispose';

export interface ResidualPyramidOptions {
  /** Largest change of a colour value, in (0, 1]. Default 0.1. */
  range?: number;
  /** Side of the coarsest noise map, ≥ 1. Default 8. */
  coarsest?: number;
  /** Side of the finest noise map relative to the portrait: 1 = every pixel, 2 = every second … Default 1. */
  finest?: number;
}

/**
 * A generator that needs no training: its latent code is only noise maps, one per scale from 8×8 up to the
 * size of the portrait, and `synthesize` adds their upsampled sum, bounded, to the portrait it was made for:
 *
 *     G(n) = I + r · tanh( Σ_k up(n_k) / r )
 *
 * Inversion is exact (n = 0) and instant. A step of the optimiser on the coarse maps shifts whole regions,
 * on the fine maps single pixels, so that Adam's equal step per coordinate favours smooth changes. It knows
 * nothing of faces: nothing but the fidelity losses and the trust region keeps the change natural.
 */
export class ResidualPyramidGenerator implements Generator {
  readonly specVersion = SPEC_VERSION;
  readonly name = 'residual-pyramid';
  readonly license = 'MIT (no weights)';
  readonly resolution: readonly [number, number];
  readonly latents: LatentShape;
  readonly range: number;
  readonly #portrait: tf.Tensor4D;

  /** @throws InvalidOptionError for a range outside (0, 1] */
  constructor({ image }: GeneratorContext, options: ResidualPyramidOptions = {}) {
    const { range = 0.1, coarsest = 8, finest = 1 } = options;
    if (!(range > 0 && range <= 1) || !(coarsest >= 1) || !(finest >= 1)) {
      throw new InvalidOptionError(
        `ResidualPyramidGenerator got range ${range}, coarsest ${coarsest}, finest ${finest}.`,
        'Use 0 < range ≤ 1, coarsest ≥ 1 and finest ≥ 1.',
      );
    }
    const [, height, width] = image.shape;
    this.resolution = [height, width];
    this.range = range;
    this.#portrait = tf.clone(image);
    const sizes: [number, number, number][] = [];
    for (let divisor = finest; ; divisor *= 2) {
      const size: [number, number, number] = [
        Math.max(1, Math.ceil(height / divisor)),
        Math.max(1, Math.ceil(width / divisor)),
        3,
      ];
      sizes.unshift(size);
      if (Math.min(size[0], size[1]) <= coarsest) break;
    }
    this.latents = { styles: [0, 0], noise: sizes };
  }

  /** The portrait it was made for has the code 0; other portraits have none. */
  encode(_image: tf.Tensor4D): LatentCode {
    return {
      styles: tf.zeros([1, 0, 0]),
      noise: this.latents.noise.map((size) => tf.zeros([1, ...size]) as tf.Tensor4D),
    };
  }

  synthesize(code: LatentCode): tf.Tensor4D {
    return tf.tidy(() => {
      let sum = code.noise[0];
      for (const map of code.noise.slice(1)) {
        sum = tf.add(resize(sum, [map.shape[1], map.shape[2]]), map);
      }
      const full = resize(sum, this.resolution);
      const bounded = tf.mul(tf.tanh(tf.div(full, this.range)), this.range);
      return tf.add(this.#portrait, bounded) as tf.Tensor4D;
    });
  }

  dispose(): void {
    this.#portrait.dispose();
    refuseAfterDispose(this);
  }
}
