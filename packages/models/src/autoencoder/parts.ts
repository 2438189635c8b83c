import { resize } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { NetworkBuilder } from '../layers';

/** One map, and inside a block what was made of it beside it. */
export type State = readonly tf.Tensor4D[];
/** A part of a network with one convolution or branch in it; differentiable in its state. */
export type Part = (state: State) => tf.Tensor4D[];

/** The parts that work at one resolution, in order. */
export interface Stage {
  /** The size of the picture over that of the maps. */
  readonly factor: number;
  readonly parts: readonly Part[];
}

/** The next of the numbers by which a `nn.Sequential` names its members. */
export type Numbers = () => string;

export function numbers(prefix: string): Numbers {
  let next = 0;
  return () => `${prefix}${next++}`;
}

/** A 3×3 convolution. */
export function plain(
  build: NetworkBuilder,
  name: string,
  inputs: number,
  outputs: number,
  form: { stride?: number; bias?: boolean; activation?: 'relu' } = {},
): Part {
  const layer = build.convolution(name, { inputs, outputs, kernel: 3, ...form });
  return ([x]) => [layer(x)];
}

/** Nearest ×2, which has a number in the Sequential and no tensors. */
export function twice(next: Numbers): Part {
  next();
  return ([x]) => [resize(x, [2 * x.shape[1], 2 * x.shape[2]], 'nearest')];
}

/** 3 tanh(z / 3): however far a code moves, the decoder sees values it knows. Has a number and no tensors. */
export function bounded(next: Numbers): Part {
  next();
  return ([z]) => [tf.tidy(() => tf.mul(tf.tanh(tf.div(z, 3)), 3)) as tf.Tensor4D];
}

/**
 * y = ReLU(x + F(x)), F of so many 3×3 convolutions with ReLU between them.
 *
 * @param convolutions at least 2
 */
export function block(
  build: NetworkBuilder,
  name: string,
  width: number,
  convolutions: number,
): Part[] {
  const form = { inputs: width, outputs: width, kernel: 3 };
  const layers = Array.from({ length: convolutions }, (_, i) => {
    const activation = i < convolutions - 1 ? 'relu' : 'linear';
    return build.convolution(`${name}.conv.${2 * i}`, { ...form, activation });
  });
  const [first, ...others] = layers;
  const last = others.pop()!;
  return [
    ([x]) => [x, first!(x)],
    ...others.map(
      (layer): Part =>
        ([x, y]) => [x!, layer(y!)],
    ),
    ([x, y]) => [tf.tidy(() => tf.relu(tf.add(x!, last(y!)))) as tf.Tensor4D],
  ];
}
