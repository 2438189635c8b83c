import type { Enhancement, RasterImage } from '@latent-matte/backend-node';
import type { Matte } from '@latent-matte/backend-node/core';
import { rowsOf } from '@latent-matte/core/internal';
import { changeInWords, changeOf } from './change';

/** The figures a person asks for first. */
export interface EnhancementFigures {
  /** Mean entropy of the trimap model over the picture, before and after, nats. */
  readonly entropy: readonly [before: number, after: number];
  /** Share of pixels the trimap calls unknown, before and after, in [0, 1]. */
  readonly unknown: readonly [before: number, after: number];
}

export function enhancementFigures(enhancement: Enhancement): EnhancementFigures {
  return {
    entropy: [enhancement.original.entropy, enhancement.enhanced.entropy],
    unknown: [unknownShare(enhancement.original), unknownShare(enhancement.enhanced)],
  };
}

function unknownShare({ trimap }: Matte): number {
  let unknown = 0;
  for (const row of rowsOf(trimap).rows()) {
    for (const value of row) if (value > 0.25 && value < 0.75) unknown++;
  }
  return unknown / (trimap.width * trimap.height);
}

/**
 * What was done, as lines for a terminal.
 *
 * ```ts
 * import { enhancePortrait, readImage } from '@latent-matte/backend-node';
 * import { describeEnhancement } from 'latent-matte';
 *
 * const source = await readImage('photo.jpg');
 * for (const line of describeEnhancement(await enhancePortrait(source), source)) console.log(line);
 * ```
 *
 * @param source the photo that was enhanced
 * @param whole seconds of everything, from reading the photo to the written files; default: it is not told
 */
export function describeEnhancement(
  enhancement: Enhancement,
  source: RasterImage,
  whole?: number,
): string[] {
  const { bestStep, settings, psnr, seconds, warnings } = enhancement;
  return [
    changeInWords(changeOf(source, enhancement), bestStep === 0),
    bestStep === 0
      ? `portrait   unchanged after ${settings.steps} steps`
      : `portrait   ${formatPsnr(psnr)} against the photo; step ${bestStep} of ${settings.steps} was the best`,
    `time       ${whole === undefined ? '' : `${whole.toFixed(1)} s, `}${seconds.toFixed(1)} s of search on ${settings.backend}`,
    ...warnings.map((warning) => `note       ${warning}`),
  ];
}

export const formatPsnr = (psnr: number): string =>
  Number.isFinite(psnr) ? `${psnr.toFixed(1)} dB` : 'identical';
