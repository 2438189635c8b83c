import * as tf from '@tensorflow/tfjs-core';
import type { PerceptualModel } from '../contracts';
import { distance } from '../losses/distance';
import { resize } from '../ops/resize';
import type { InversionReduction, InversionWeights } from './types';

/** How each term becomes a number. */
export type InversionReductions = Readonly<
  Record<'consistency' | 'perceptual', InversionReduction>
>;

/** Distance of a generated portrait to the input: L_pc and L_pp (paper Eq. 6 and 7). */
export class InversionLoss {
  readonly #input: tf.Tensor4D;
  readonly #mask: tf.Tensor4D;
  readonly #reductions: InversionReductions;
  readonly #perceptual: PerceptualModel | undefined;
  readonly #perceptualSize: readonly [number, number];
  readonly #inputFeatures: tf.Tensor4D | undefined;

  /**
   * @param input `[1, H, W, 3]` in [0, 1]; owned by the caller
   * @param mask `[1, H, W, 1]`, 1 on the content of the letterbox; owned by the caller
   * @param perceptualSize longest side at which `perceptual` looks
   */
  constructor(
    input: tf.Tensor4D,
    mask: tf.Tensor4D,
    reductions: InversionReductions,
    perceptual: PerceptualModel | undefined,
    perceptualSize: number,
  ) {
    this.#input = input;
    this.#mask = mask;
    this.#reductions = reductions;
    this.#perceptual = perceptual;
    const [, height, width] = input.shape;
    const scale = Math.min(1, perceptualSize / Math.max(height, width));
    this.#perceptualSize = [Math.round(height * scale), Math.round(width * scale)];
    this.#inputFeatures =
      perceptual && tf.tidy(() => tf.clone(perceptual.features(this.#reduced(input))));
  }

  /**
   * As the perceptual model sees a picture: averaged down ("area") and not clipped, as in the projector. A clipped
   * pixel would have no gradient that brings it back.
   */
  #reduced(image: tf.Tensor4D): tf.Tensor4D {
    return resize(image, this.#perceptualSize, 'area');
  }

  /** Each term with a weight above 0, differentiable in the portrait. */
  terms(
    portrait: tf.Tensor4D,
    weights: InversionWeights,
  ): Partial<Record<'consistency' | 'perceptual', tf.Scalar>> {
    return {
      ...(weights.consistency > 0 && {
        consistency: distance(portrait, this.#input, this.#reductions.consistency, this.#mask),
      }),
      ...(weights.perceptual > 0 &&
        this.#perceptual !== undefined && {
          perceptual: distance(
            this.#perceptual.features(this.#reduced(portrait)),
            this.#inputFeatures!,
            this.#reductions.perceptual,
          ),
        }),
    };
  }

  /** Mean squared difference to the input inside the letterbox, of what can be seen. */
  meanSquare(portrait: tf.Tensor4D): tf.Scalar {
    return distance(tf.clipByValue(portrait, 0, 1), this.#input, 'mean-square', this.#mask);
  }

  dispose(): void {
    this.#inputFeatures?.dispose();
  }
}
