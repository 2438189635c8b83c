import { type Discriminator, type DiscriminatorSegment, SPEC_VERSION } from '@latent-matte/core';
import { resize } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import { refuseAfterDispose } from '../layers/refuse-after-dispose';
import { activatedConvolution, linear } from './activated-convolution';
import type { StyleGAN2Architecture } from './architecture';
import { scaled } from './layouts';
import { downConvolution, downSkip, type LinearMap, sameConvolution } from './linear-maps';
import { withMinibatchDeviation } from './minibatch-deviation';
import { LEAK } from './styled-convolution';

type Values = Readonly<Record<string, Float32Array>>;

/** What a discriminator is made of, checked and as float32 in PyTorch's layout. */
export interface StyleGAN2DiscriminatorParts {
  readonly architecture: StyleGAN2Architecture;
  readonly values: Values;
  readonly groupSize: number;
  readonly clamp: number | undefined;
  readonly name: string;
  readonly license: string;
}

/** A convolution with bias and leaky ReLU; every constant gain is folded into its weights. */
interface Layer {
  readonly map: LinearMap;
  readonly bias: tf.Tensor1D;
  /** Bound of the result, for networks trained with mixed precision. */
  readonly clamp: number | undefined;
}

interface Block {
  readonly first: Layer;
  readonly second: Layer;
  readonly skip: LinearMap;
  readonly skipClamp: number | undefined;
}

/**
 * The residual discriminator of StyleGAN2 (Karras et al., CVPR 2020). Made by `createStyleGAN2Discriminator`. Sees
 * pictures at its own resolution: others are resized.
 */
export class StyleGAN2Discriminator implements Discriminator {
  readonly specVersion = SPEC_VERSION;
  readonly name: string;
  readonly license: string;
  readonly input = { multipleOf: 1, min: 16, max: 2048 };
  readonly architecture: StyleGAN2Architecture;
  readonly #groupSize: number;
  readonly #fromRgb: Layer;
  readonly #blocks: readonly Block[];
  readonly #last: Layer;
  readonly #dense: readonly { weight: tf.Tensor2D; bias: tf.Tensor1D }[];

  constructor({
    architecture,
    values,
    groupSize,
    clamp,
    name,
    license,
  }: StyleGAN2DiscriminatorParts) {
    this.architecture = architecture;
    this.name = name;
    this.license = license;
    this.#groupSize = groupSize;
    const { channels } = architecture;
    const top = channels.length - 1;
    this.#fromRgb = layer(values, 'convs.0.0.weight', 'convs.0.1.bias', [channels[top], 3, 1, 1], {
      make: sameConvolution,
      clamp,
    });
    this.#blocks = Array.from({ length: top }, (_, i) => {
      const name = `convs.${i + 1}`;
      const [input, output] = [channels[top - i], channels[top - i - 1]];
      // The sum of both branches is divided by √2: folded into each of them.
      const half = clamp === undefined ? undefined : clamp * Math.SQRT1_2;
      return {
        first: layer(
          values,
          `${name}.conv1.0.weight`,
          `${name}.conv1.1.bias`,
          [input, input, 3, 3],
          {
            make: sameConvolution,
            clamp,
          },
        ),
        second: layer(
          values,
          `${name}.conv2.1.weight`,
          `${name}.conv2.2.bias`,
          [output, input, 3, 3],
          {
            make: downConvolution,
            gain: Math.SQRT1_2,
            clamp: half,
          },
        ),
        skip: downSkip(
          values[`${name}.skip.1.weight`],
          [output, input, 1, 1],
          Math.SQRT1_2 / Math.sqrt(input),
        ),
        skipClamp: half,
      };
    });
    const [last] = channels;
    this.#last = layer(values, 'final_conv.0.weight', 'final_conv.1.bias', [last, last + 1, 3, 3], {
      make: sameConvolution,
      clamp,
    });
    const hidden = pixelsFirst(values['final_linear.0.weight'], last);
    this.#dense = [
      {
        weight: tf.tensor2d(scaled(hidden, Math.SQRT2 / Math.sqrt(16 * last)), [16 * last, last]),
        bias: tf.tensor1d(scaled(values['final_linear.0.bias'], Math.SQRT2)),
      },
      {
        weight: tf.tensor2d(scaled(values['final_linear.1.weight'], 1 / Math.sqrt(last)), [
          last,
          1,
        ]),
        bias: tf.tensor1d(values['final_linear.1.bias']),
      },
    ];
  }

  score(image: tf.Tensor4D): tf.Tensor2D {
    return tf.tidy(() => {
      let state: readonly tf.Tensor[] = [image];
      for (const { run } of this.segments()) {
        const before = state;
        state = run(before);
        tf.dispose(before.filter((tensor) => tensor !== image && !state.includes(tensor)));
      }
      return state[0] as tf.Tensor2D;
    });
  }

  /** The input, each block in three pieces, and the end. */
  segments(): readonly DiscriminatorSegment[] {
    const { resolution } = this.architecture;
    const piece = (name: string, run: (x: tf.Tensor4D) => tf.Tensor): DiscriminatorSegment => ({
      name,
      run: ([x]) => [tf.tidy(() => run(x as tf.Tensor4D))],
    });
    return [
      piece('RGB', (image) => {
        const fitted = resize(image, [resolution, resolution], 'area');
        return activate(tf.sub(tf.mul(fitted, 2), 1), this.#fromRgb);
      }),
      ...this.#blocks.flatMap((block, i) => blockSegments(`${resolution / 2 ** i}²`, block)),
      piece('4²', (x) => {
        const features = activate(withMinibatchDeviation(x, this.#groupSize), this.#last);
        const [hidden, logit] = this.#dense;
        const flat = tf.reshape(features, [x.shape[0], -1]) as tf.Tensor2D;
        const dense = tf.leakyRelu(tf.add(tf.matMul(flat, hidden.weight), hidden.bias), LEAK);
        return tf.add(tf.matMul(dense as tf.Tensor2D, logit.weight), logit.bias);
      }),
    ];
  }

  dispose(): void {
    for (const { first, second, skip } of this.#blocks) {
      disposeLayer(first);
      disposeLayer(second);
      skip.dispose();
    }
    disposeLayer(this.#fromRgb);
    disposeLayer(this.#last);
    for (const { weight, bias } of this.#dense) tf.dispose([weight, bias]);
    refuseAfterDispose(this);
  }
}

/** `[x]` → `[x, first(x)]` → `[skip(x), first(x)]` → `[second(first(x)) + skip(x)]`. */
function blockSegments(name: string, block: Block): DiscriminatorSegment[] {
  type Maps = readonly tf.Tensor4D[];
  return [
    { name: `${name} first`, run: ([x]) => [x, activate(x as tf.Tensor4D, block.first)] },
    {
      name: `${name} skip`,
      run: (state) => {
        const [x, y] = state as Maps;
        return [tf.tidy(() => clamped(linear(x, block.skip), block.skipClamp)), y];
      },
    },
    {
      name: `${name} second`,
      run: (state) => {
        const [skip, y] = state as Maps;
        return [tf.tidy(() => tf.add(activate(y, block.second), skip))];
      },
    },
  ];
}

/** √2 · gain is folded in, since lrelu(c x) = c lrelu(x) for c > 0. */
function layer(
  values: Values,
  weight: string,
  bias: string,
  shape: readonly [number, number, number, number],
  {
    make,
    gain = 1,
    clamp,
  }: {
    make: (
      values: Float32Array,
      shape: readonly [number, number, number, number],
      scale: number,
    ) => LinearMap;
    gain?: number;
    clamp: number | undefined;
  },
): Layer {
  const [, input, height, width] = shape;
  const factor = gain * Math.SQRT2;
  return {
    map: make(values[weight], shape, factor / Math.sqrt(input * height * width)),
    bias: tf.tensor1d(scaled(values[bias], factor)),
    clamp,
  };
}

const activate = (x: tf.Tensor4D, { map, bias, clamp }: Layer): tf.Tensor4D =>
  tf.tidy(() => clamped(activatedConvolution(x, map, bias), clamp));

function clamped(x: tf.Tensor4D, bound: number | undefined): tf.Tensor4D {
  return bound === undefined ? x : tf.clipByValue(x, -bound, bound);
}

/** `[out, C · 4 · 4]` in C, H, W order → `[4 · 4 · C, out]` in H, W, C order. */
function pixelsFirst(values: Float32Array, channels: number): Float32Array {
  const result = new Float32Array(values.length);
  const inputs = channels * 16;
  const outputs = values.length / inputs;
  for (let o = 0; o < outputs; o++) {
    for (let c = 0; c < channels; c++) {
      for (let p = 0; p < 16; p++) {
        result[(p * channels + c) * outputs + o] = values[o * inputs + c * 16 + p];
      }
    }
  }
  return result;
}

function disposeLayer({ map, bias }: Layer): void {
  map.dispose();
  bias.dispose();
}
