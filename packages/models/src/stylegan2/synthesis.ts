import * as tf from '@tensorflow/tfjs-core';
import type { StyleGAN2GeneratorArchitecture } from './architecture';
import { scaled, squaredTaps, transposed } from './layouts';
import { sameConvolution, upConvolution } from './linear-maps';
import { type StyledWeights, styledConvolution } from './styled-convolution';
import { type ToRgbWeights, toRgb } from './to-rgb';

type Values = Readonly<Record<string, Float32Array>>;

/** The affine map w → style of one layer; the stored bias contains the +1. */
class Style {
  readonly #weight: tf.Tensor2D;
  readonly #bias: tf.Tensor1D;
  readonly #row: number;

  /** @param row of W+ that it reads */
  constructor(values: Values, name: string, row: number, styleSize: number) {
    const bias = values[`${name}.conv.modulation.bias`];
    const weight = values[`${name}.conv.modulation.weight`];
    this.#weight = tf.tensor2d(
      transposed(weight, bias.length, styleSize, 1 / Math.sqrt(styleSize)),
      [styleSize, bias.length],
    );
    this.#bias = tf.tensor1d(bias);
    this.#row = row;
  }

  /** `[N, rows, styleSize]` → `[N, in]`. */
  of(styles: tf.Tensor3D): tf.Tensor2D {
    const [n, , size] = styles.shape;
    const w = tf.reshape(tf.slice(styles, [0, this.#row, 0], [n, 1, size]), [
      n,
      size,
    ]) as tf.Tensor2D;
    return tf.add(tf.matMul(w, this.#weight), this.#bias);
  }

  dispose(): void {
    tf.dispose([this.#weight, this.#bias]);
  }
}

/** Modulated 3×3 convolution, noise, activation; the first of a block doubles the size. */
export class StyledLayer {
  readonly #style: Style;
  readonly #weights: StyledWeights;
  readonly #clamp: number | undefined;
  /** Index of its noise map. */
  readonly noise: number;

  constructor(
    values: Values,
    name: string,
    [input, output]: readonly [number, number],
    options: { up: boolean; noise: number; styleSize: number; clamp: number | undefined },
  ) {
    const weight = values[`${name}.conv.weight`];
    const shape = [output, input, 3, 3] as const;
    const scale = 1 / Math.sqrt(9 * input);
    this.noise = options.noise;
    this.#clamp = options.clamp;
    this.#style = new Style(values, name, options.noise, options.styleSize);
    this.#weights = {
      map: (options.up ? upConvolution : sameConvolution)(weight, shape, scale),
      squares: tf.tensor2d(squaredTaps(weight, shape, scale), [input, output]),
      bias: tf.tensor1d(scaled(values[`${name}.activate.bias`], Math.SQRT2)),
      strength: values[`${name}.noise.weight`][0] * Math.SQRT2,
    };
  }

  run(x: tf.Tensor4D, styles: tf.Tensor3D, noise: tf.Tensor4D): tf.Tensor4D {
    return tf.tidy(() =>
      clamped(styledConvolution(x, this.#style.of(styles), noise, this.#weights), this.#clamp),
    );
  }

  dispose(): void {
    this.#style.dispose();
    this.#weights.map.dispose();
    tf.dispose([this.#weights.squares, this.#weights.bias]);
  }
}

/** Features → RGB in [−1, 1]. */
export class RgbLayer {
  readonly #style: Style;
  readonly #weights: ToRgbWeights;
  readonly #clamp: number | undefined;

  constructor(
    values: Values,
    name: string,
    input: number,
    options: { row: number; styleSize: number; clamp: number | undefined },
  ) {
    const weight = values[`${name}.conv.weight`];
    const scale = 1 / Math.sqrt(input);
    this.#clamp = options.clamp;
    this.#style = new Style(values, name, options.row, options.styleSize);
    this.#weights = {
      filter: tf.tensor2d(transposed(weight, 3, input, scale), [input, 3]),
      transposed: tf.tensor2d(scaled(weight, scale), [3, input]),
      bias: tf.tensor1d(values[`${name}.bias`]),
    };
  }

  run(x: tf.Tensor4D, styles: tf.Tensor3D): tf.Tensor4D {
    return tf.tidy(() => clamped(toRgb(x, this.#style.of(styles), this.#weights), this.#clamp));
  }

  dispose(): void {
    this.#style.dispose();
    tf.dispose([this.#weights.filter, this.#weights.transposed, this.#weights.bias]);
  }
}

/** The layers of one resolution. */
export interface SynthesisBlock {
  readonly resolution: number;
  /** Absent at 4×4. */
  readonly up: StyledLayer | undefined;
  readonly layer: StyledLayer;
  readonly rgb: RgbLayer;
}

/** @param clamp of the outputs of every layer, for networks trained with mixed precision (`conv_clamp`) */
export function synthesisBlocks(
  values: Values,
  { channels, styleSize }: StyleGAN2GeneratorArchitecture,
  clamp: number | undefined,
): SynthesisBlock[] {
  return channels.map((width, level) => {
    const j = level - 1;
    const first = level === 0;
    const styled = (name: string, input: number, up: boolean, noise: number) =>
      new StyledLayer(values, name, [input, width], { up, noise, styleSize, clamp });
    return {
      resolution: 4 * 2 ** level,
      up: first ? undefined : styled(`convs.${2 * j}`, channels[level - 1], true, 2 * j + 1),
      layer: first
        ? styled('conv1', width, false, 0)
        : styled(`convs.${2 * j + 1}`, width, false, 2 * j + 2),
      rgb: new RgbLayer(values, first ? 'to_rgb1' : `to_rgbs.${j}`, width, {
        row: first ? 1 : 2 * j + 3,
        styleSize,
        clamp,
      }),
    };
  });
}

function clamped(x: tf.Tensor4D, bound: number | undefined): tf.Tensor4D {
  return bound === undefined ? x : tf.clipByValue(x, -bound, bound);
}
