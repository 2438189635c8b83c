import { groupNormalization, resize } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { NetworkBuilder } from '../layers';

/** Channels of a latent. */
export const LATENT_CHANNELS = 32;
/** Pixels of a side that one latent stands for. */
export const FACTOR = 8;

const WIDTH = 64;
/** Of the branch that looks at the whole picture. */
const GROUPS = 4;
const BLOCKS = 3;

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

/** RGB `[N, H, W, 3]` in [0, 1] → latents `[N, H/8, W/8, 32]`, under the names of the file's `nn.Sequential`. */
export function encoderStages(build: NetworkBuilder, prefix: string): Stage[] {
  const at = counter(prefix);
  const stages: Stage[] = [
    { factor: 1, parts: [plain(build, at(), 3, WIDTH), ...block(build, at(), false)] },
  ];
  for (const factor of [2, 4, FACTOR]) {
    const parts = [plain(build, at(), WIDTH, WIDTH, { stride: 2, bias: false })];
    for (let i = 0; i < BLOCKS; i++) parts.push(...block(build, at(), factor === FACTOR));
    if (factor === FACTOR) parts.push(plain(build, at(), WIDTH, LATENT_CHANNELS));
    stages.push({ factor, parts });
  }
  return stages;
}

/** Latents → RGB, the other way round. */
export function decoderStages(build: NetworkBuilder, prefix: string): Stage[] {
  const at = counter(prefix);
  at();
  const first: Part[] = [
    ([z]) => [tf.tidy(() => tf.mul(tf.tanh(tf.div(z, 3)), 3)) as tf.Tensor4D],
    plain(build, at(), LATENT_CHANNELS, WIDTH, { activation: 'relu' }),
  ];
  at();
  const stages: Stage[] = [];
  for (const factor of [FACTOR, 4, 2, 1]) {
    const parts =
      factor === FACTOR ? first : [twice(at), plain(build, at(), WIDTH, WIDTH, { bias: false })];
    for (let i = 0; i < (factor === 1 ? 1 : BLOCKS); i++) {
      parts.push(...block(build, at(), factor === FACTOR));
    }
    if (factor === 1) parts.push(plain(build, at(), WIDTH, 3));
    stages.push({ factor, parts });
  }
  return stages;
}

/** Names of the members of a Sequential, one after the other. */
function counter(prefix: string): () => string {
  let next = 0;
  return () => `${prefix}${next++}`;
}

function plain(
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
function twice(at: () => string): Part {
  at();
  return ([x]) => [resize(x, [2 * x.shape[1], 2 * x.shape[2]], 'nearest')];
}

/**
 * y = ReLU(x + conv(ReLU(conv(ReLU(conv(x)))))); where it looks at the whole picture, after
 * x + conv₁(ReLU(GroupNorm₄(conv₁(x)))).
 */
function block(build: NetworkBuilder, name: string, whole: boolean): Part[] {
  const layer = (index: number, activation: 'relu' | 'linear') =>
    build.convolution(`${name}.conv.${index}`, {
      inputs: WIDTH,
      outputs: WIDTH,
      kernel: 3,
      activation,
    });
  const [first, second, third] = [layer(0, 'relu'), layer(2, 'relu'), layer(4, 'linear')];
  const parts: Part[] = [
    ([x]) => [x, first(x)],
    ([x, y]) => [x, second(y)],
    ([x, y]) => [tf.tidy(() => tf.relu(tf.add(x, third(y)))) as tf.Tensor4D],
  ];
  return whole ? [wholePicture(build, `${name}.pool`), ...parts] : parts;
}

function wholePicture(build: NetworkBuilder, name: string): Part {
  const wide = 4 * WIDTH;
  const one = { kernel: 1, bias: false };
  const widen = build.convolution(`${name}.0`, { inputs: WIDTH, outputs: wide, ...one });
  const scale = build.tensor(`${name}.1.weight`, [wide]);
  const offset = build.tensor(`${name}.1.bias`, [wide]);
  const narrow = build.convolution(`${name}.3`, { inputs: wide, outputs: WIDTH, ...one });
  return ([x]) => [
    tf.tidy(() => {
      const normal = groupNormalization(widen(x), {
        groups: GROUPS,
        scale: scale() as tf.Tensor1D,
        offset: offset() as tf.Tensor1D,
      });
      return tf.add(x, narrow(tf.relu(normal))) as tf.Tensor4D;
    }),
  ];
}
