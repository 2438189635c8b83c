import { type EnhanceOptions, enhancePortrait, type RasterImage } from '@latent-matte/backend-node';
import type { LatentData } from '@latent-matte/backend-node/core';
import { type InvertOptions, invertPortrait } from '@latent-matte/backend-node/core';
import { latentData } from '@latent-matte/backend-node/internal';
import * as tf from '@tensorflow/tfjs-core';
import type { OfficialNetworks } from './networks';

/** Seconds of one step on this device, the first of each kind left out: it compiles. */
export interface StepSeconds {
  readonly search: number;
  /** Absent where nothing is inverted. */
  readonly styles?: number;
  readonly noise?: number;
}

/**
 * Measures one step of the search, and of each stage of the inversion where one is to come, from the mean latent.
 *
 * @param enhance options of the search to come
 */
export async function measureStep(
  image: RasterImage,
  { generator }: Pick<OfficialNetworks, 'generator'>,
  enhance: EnhanceOptions,
  invert: InvertOptions | undefined,
): Promise<StepSeconds> {
  const latents = await meanLatents(generator);
  const { history } = await enhancePortrait(image, {
    ...enhance,
    steps: 2,
    advanced: { ...enhance.advanced, latents, previewEvery: 0 },
  });
  const search = history[1]!.elapsedSeconds - history[0]!.elapsedSeconds;
  if (invert === undefined) return { search };
  const { history: steps } = await invertPortrait(image, {
    ...invert,
    start: latents,
    steps: { styles: 2, noise: 2 },
  });
  const between = (i: number) => steps[i]!.elapsedSeconds - steps[i - 1]!.elapsedSeconds;
  return { search, styles: between(1), noise: between(3) };
}

async function meanLatents(generator: OfficialNetworks['generator']): Promise<LatentData> {
  const code = generator.meanLatent();
  try {
    return await latentData(code);
  } finally {
    tf.dispose([code.styles, ...code.noise]);
  }
}
