import type { Enhancement, Matte } from '@latent-matte/backend-node';

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
  for (const value of trimap.data) if (value > 0.25 && value < 0.75) unknown++;
  return unknown / trimap.data.length;
}

/** What was done, as lines for a terminal. */
export function describeEnhancement(enhancement: Enhancement): string[] {
  const { bestStep, settings, psnr, seconds, warnings } = enhancement;
  const { entropy, unknown } = enhancementFigures(enhancement);
  const [unknownBefore, unknownAfter] = unknown.map((share) => `${(100 * share).toFixed(1)} %`);
  return [
    `entropy    ${entropy[0].toPrecision(3)} → ${entropy[1].toPrecision(3)} nats${change(entropy)}`,
    `unknown    ${unknownBefore} → ${unknownAfter} of the picture${change(unknown)}`,
    bestStep === 0
      ? 'portrait   unchanged: no step was better than the source'
      : `portrait   ${formatPsnr(psnr)} against the source; step ${bestStep} of ${settings.steps} was the best`,
    `time       ${seconds.toFixed(1)} s on ${settings.backend}`,
    ...warnings.map((warning) => `note       ${warning}`),
  ];
}

export const formatPsnr = (psnr: number): string =>
  Number.isFinite(psnr) ? `${psnr.toFixed(1)} dB` : 'identical';

/** ` (−24.5 %)`, or nothing when there is no base. */
function change([before, after]: readonly [number, number]): string {
  if (before === 0) return '';
  const percent = (100 * (after - before)) / before;
  return ` (${percent < 0 ? '−' : '+'}${Math.abs(percent).toFixed(1)} %)`;
}
