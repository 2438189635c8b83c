import type * as tf from '@tensorflow/tfjs-core';
import type { Generator, LatentCode, RasterImage } from '../contracts';
import { InvalidOptionError } from '../errors';
import { invertPortrait } from '../invert/invert-portrait';
import {
  type InvertOptions,
  plannedFor,
  resolveInversion,
  unreadInversion,
} from '../invert/options';
import { cloneCode } from '../latents/latent-code';
import { assertLatentShape, type LatentData, latentCode } from '../latents/latent-data';
import type { SearchSettings } from '../search/options';
import type { EnhanceRequest } from './options';

/** Below this the result is the portrait of somebody else. */
const POOR_PSNR = 25;

/**
 * `(w_o, n_o)` of Algorithm 1: as given, by the generator's exact inverse, or found by `invertPortrait`.
 *
 * @param source the photo
 * @param input the photo letterboxed into the generator's size, `[1, H, W, 3]`
 * @param warn told when the inversion is poor
 * @returns tensors owned by the caller
 */
export async function startingLatents(
  generator: Generator,
  source: RasterImage,
  input: tf.Tensor4D,
  { latents, inversion, perceptual, signal }: EnhanceRequest,
  { preset }: Pick<SearchSettings, 'preset'>,
  warn: (warning: string) => void,
): Promise<LatentCode> {
  if (latents !== undefined) {
    if (isTensors(latents)) {
      const first = latents.noise.map(({ shape }) => ({ shape: shape.slice(1) }));
      const styles = { shape: latents.styles.shape.slice(1) };
      assertLatentShape({ styles, noise: first }, generator.latents, 'options.latents');
      return cloneCode(latents);
    }
    assertLatentShape(latents, generator.latents, 'options.latents');
    return latentCode(latents);
  }
  if (generator.encode !== undefined) return generator.encode(input);
  const blind = generator.meanLatent === undefined && generator.encoder === undefined;
  if (blind && inversion?.start === undefined) {
    throw new InvalidOptionError(
      `Generator "${generator.name}" can neither encode a portrait nor give a mean latent.`,
      'Implement encode() or meanLatent(), give it an encoder, or give options.latents.',
    );
  }
  const options: InvertOptions = {
    perceptual,
    ...(preset === 'official' && { method: 'official' }),
    ...inversion,
    generator,
    signal,
  };
  const { code, psnr } = await invertPortrait(source, options);
  const planned = plannedFor(generator, options, resolveInversion(options));
  const path = (name: string) => `advanced.inversion.${name}`;
  unreadInversion(generator, inversion ?? {}, planned, path).forEach(warn);
  if (psnr < POOR_PSNR) {
    warn(
      `Generator "${generator.name}" reproduces the portrait only to ${psnr.toFixed(1)} dB: give more steps to the inversion, or latents.`,
    );
  }
  return latentCode(code);
}

function isTensors(latents: LatentData | LatentCode): latents is LatentCode {
  return 'dispose' in latents.styles;
}
