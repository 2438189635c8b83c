import { groupNormalization } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { AutoencoderForm } from '../autoencoder';
import { block, bounded, numbers, type Part, plain, type Stage, twice } from '../autoencoder/parts';
import type { NetworkBuilder } from '../layers';

const LATENT_CHANNELS = 32;
/** Pixels of a side that one latent stands for. */
const FACTOR = 8;
const WIDTH = 64;
/** Of the branch that looks at the whole picture. */
const GROUPS = 4;
const BLOCKS = 3;

/**
 * TAEF2 (madebyollin/taesd): a tiny autoencoder in the latent space of FLUX.2, 1.34 M parameters each way. Its encoder and
 * decoder are 3×3 convolutions of 64 channels with ReLU; blocks at an eighth of the size look at the whole picture through
 * a group normalisation. One map of 64 channels takes 1 GB at its longest side.
 */
export const taef2Form: AutoencoderForm = {
  name: 'taef2',
  license: 'MIT (madebyollin/taesd)',
  factor: FACTOR,
  latentChannels: LATENT_CHANNELS,
  maxSide: 2048,
  encoder: encoderStages,
  decoder: decoderStages,
};

/** RGB `[N, H, W, 3]` in [0, 1] → latents `[N, H/8, W/8, 32]`, under the names of the file's `nn.Sequential`. */
function encoderStages(build: NetworkBuilder, prefix: string): Stage[] {
  const at = numbers(prefix);
  const stages: Stage[] = [
    { factor: 1, parts: [plain(build, at(), 3, WIDTH), ...ownBlock(build, at(), false)] },
  ];
  for (const factor of [2, 4, FACTOR]) {
    const parts = [plain(build, at(), WIDTH, WIDTH, { stride: 2, bias: false })];
    for (let i = 0; i < BLOCKS; i++) parts.push(...ownBlock(build, at(), factor === FACTOR));
    if (factor === FACTOR) parts.push(plain(build, at(), WIDTH, LATENT_CHANNELS));
    stages.push({ factor, parts });
  }
  return stages;
}

/** Latents → RGB, the other way round. */
function decoderStages(build: NetworkBuilder, prefix: string): Stage[] {
  const at = numbers(prefix);
  const first: Part[] = [
    bounded(at),
    plain(build, at(), LATENT_CHANNELS, WIDTH, { activation: 'relu' }),
  ];
  at();
  const stages: Stage[] = [];
  for (const factor of [FACTOR, 4, 2, 1]) {
    const parts =
      factor === FACTOR ? first : [twice(at), plain(build, at(), WIDTH, WIDTH, { bias: false })];
    for (let i = 0; i < (factor === 1 ? 1 : BLOCKS); i++) {
      parts.push(...ownBlock(build, at(), factor === FACTOR));
    }
    if (factor === 1) parts.push(plain(build, at(), WIDTH, 3));
    stages.push({ factor, parts });
  }
  return stages;
}

/** A block of three convolutions; where it looks at the whole picture, after x + conv₁(ReLU(GroupNorm₄(conv₁(x)))). */
function ownBlock(build: NetworkBuilder, name: string, whole: boolean): Part[] {
  const parts = block(build, name, WIDTH, 3);
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
