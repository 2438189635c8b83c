import type { AutoencoderForm, LinearPath } from '../autoencoder';
import { block, bounded, numbers, type Part, plain, type Stage, twice } from '../autoencoder/parts';
import type { NetworkBuilder } from '../layers';

const LATENT_CHANNELS = 32;
/** Pixels of a side that one latent stands for. */
const FACTOR = 8;
/** Channels at a half, a quarter and an eighth of the size; nothing but the last layer works at full size. */
const [HALF, QUARTER, EIGHTH] = [32, 64, 80] as const;
const CONVOLUTIONS = 2;

/**
 * 0.98 M parameters, 2.66 GMAC there and back at 256². Principal components of 8×8 blocks, and beside them 3×3 convolutions
 * with ReLU that do the rest; trained by `packages/training/python/train_autoencoder.py` on patches of photographs, with
 * noise in the latents, so that its decoder knows what lies around a code.
 */
export const compactAutoencoderForm: AutoencoderForm = {
  name: 'compact-autoencoder',
  license: 'CC-BY-NC-SA-4.0',
  factor: FACTOR,
  latentChannels: LATENT_CHANNELS,
  maxSide: 2048,
  encoder: encoderStages,
  decoder: decoderStages,
  linear: blocksAndBack,
};

function encoderStages(build: NetworkBuilder, prefix: string): Stage[] {
  const next = numbers(prefix);
  return (
    [
      [2, 3, HALF, 1],
      [4, HALF, QUARTER, 2],
      [FACTOR, QUARTER, EIGHTH, 2],
    ] as const
  ).map(([factor, inputs, width, blocks]) => {
    const parts: Part[] = [plain(build, next(), inputs, width, { stride: 2 })];
    for (let i = 0; i < blocks; i++) parts.push(...block(build, next(), width, CONVOLUTIONS));
    if (factor === FACTOR) parts.push(plain(build, next(), width, LATENT_CHANNELS));
    return { factor, parts };
  });
}

function decoderStages(build: NetworkBuilder, prefix: string): Stage[] {
  const next = numbers(prefix);
  const first: Part[] = [
    bounded(next),
    plain(build, next(), LATENT_CHANNELS, EIGHTH, { activation: 'relu' }),
  ];
  // A ReLU has a number of its own.
  next();
  const stages = (
    [
      [FACTOR, EIGHTH, 2, QUARTER],
      [4, QUARTER, 2, HALF],
      [2, HALF, 1, undefined],
    ] as const
  ).map(([factor, width, blocks, narrower]): Stage => {
    const parts = factor === FACTOR ? first : [twice(next)];
    for (let i = 0; i < blocks; i++) parts.push(...block(build, next(), width, CONVOLUTIONS));
    if (narrower !== undefined) parts.push(plain(build, next(), width, narrower));
    return { factor, parts };
  });
  return [...stages, { factor: 1, parts: [twice(next), plain(build, next(), HALF, 3)] }];
}

/** A latent sees the 8×8 pixels that it stands for. */
function blocksAndBack(build: NetworkBuilder): LinearPath {
  const form = { kernel: FACTOR, stride: FACTOR, padding: 0 };
  return {
    analysis: build.convolution('analysis', { inputs: 3, outputs: LATENT_CHANNELS, ...form }),
    synthesis: build.transposed('synthesis', { inputs: LATENT_CHANNELS, outputs: 3, ...form }),
  };
}
