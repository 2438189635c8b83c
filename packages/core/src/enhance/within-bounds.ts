import * as tf from '@tensorflow/tfjs-core';
import type { MovedLatents } from '../latents/moved-latents';
import type { LatentSearchOptions } from '../search/latent-search';
import { projectOntoTrustRegion } from '../search/trust-region';
import type { ResolvedEnhancement } from './options';
import { hasLocalBounds, type WorkingPortrait } from './working-portrait';

/** Keeps a search near enough to the photo: all of the picture by its PSNR, each place by the local bounds. */
export function withinBounds(
  working: WorkingPortrait,
  moved: MovedLatents,
  settings: ResolvedEnhancement['settings'],
): NonNullable<LatentSearchOptions['constrain']> {
  const { generator, startCode, origin } = working;
  return async (tensors, also) => {
    const { portrait, ...near } = await projectOntoTrustRegion(tensors, {
      generator: generator.name,
      origin: moved.tensors(startCode),
      start: origin,
      portraitOf: (latents) =>
        working.shownFreely(generator.synthesize(moved.replace(startCode, latents))),
      minPsnr: settings.minPsnr,
      withPortrait: hasLocalBounds(settings),
      also,
    });
    try {
      if (portrait) await working.bound(portrait, settings);
      return near;
    } catch (error) {
      tf.dispose(near.tensors);
      throw error;
    } finally {
      portrait?.tensor.dispose();
    }
  };
}
