import type { Enhancement, RasterImage } from '@latent-matte/backend-node';
import { rowsOf } from '@latent-matte/core/internal';
import { differenceRows } from './perturbation';

/** What an enhancement did to photo and matte. */
export interface EnhancementChange {
  /** Share of the picture in which alpha moved by more than {@link VISIBLE}. */
  readonly matteChanged: number;
  /** Furthest that a channel of a pixel of the photo moved, of 255. */
  readonly largest: number;
  /** Mean of all channels and pixels, of 255. */
  readonly mean: number;
  /**
   * Distance of the matte from what it was compared with, photo and enhanced; lower is better. Absent where the run did
   * not select by one.
   */
  readonly distance?: readonly [before: number, after: number];
  /** Models whose mattes that distance is the mean of. */
  readonly models: number;
}

/** A change of alpha that is seen on a plain colour. */
const VISIBLE = 0.05;

/** What was found of an enhancement: the files and the terminal tell it, and each time the portrait would be made again. */
const known = new WeakMap<Enhancement, { source: RasterImage; change: EnhancementChange }>();

/** @param source the photo that was enhanced, of the size of the result */
export function changeOf(source: RasterImage, enhancement: Enhancement): EnhancementChange {
  const found = known.get(enhancement);
  if (found?.source === source) return found.change;
  const change = measuredChange(source, enhancement);
  known.set(enhancement, { source, change });
  return change;
}

function measuredChange(source: RasterImage, enhancement: Enhancement): EnhancementChange {
  const { portrait, original, enhanced, history, bestStep, settings } = enhancement;
  let [largest, sum] = [0, 0];
  for (const row of differenceRows(source, portrait)) {
    for (const value of row) {
      const moved = Math.abs(value);
      sum += moved;
      if (moved > largest) largest = moved;
    }
  }
  let changed = 0;
  const after = rowsOf(enhanced.alpha).rows()[Symbol.iterator]();
  for (const row of rowsOf(original.alpha).rows()) {
    const found = after.next().value as Float32Array;
    row.forEach((alpha, x) => {
      if (Math.abs(alpha - found[x]!) > VISIBLE) changed++;
    });
  }
  const pixels = source.width * source.height;
  const criterionAt = (wanted: number) => history.find(({ step }) => step === wanted)?.criterion;
  const distance = [criterionAt(0), criterionAt(bestStep)] as const;
  const [first, best] = distance;
  return {
    matteChanged: changed / pixels,
    largest: 255 * largest,
    mean: (255 * sum) / (3 * pixels),
    models: 1 + settings.companions.length + settings.judges.length,
    ...(first !== undefined && best !== undefined && { distance: [first, best] as const }),
  };
}

/** One sentence for a person. */
export function changeInWords(change: EnhancementChange, unchanged: boolean): string {
  if (unchanged)
    return 'The photo was left as it was: no version of it gave a matte that is better founded.';
  const { matteChanged, largest, mean } = change;
  const nearer = agreementInWords(change);
  return (
    `The matte changed in ${percent(matteChanged)} of the picture${nearer}. No pixel moved by more than ` +
    `${Math.ceil(largest)} of 255, the mean is ${mean.toFixed(1)}.`
  );
}

function agreementInWords({ distance, models }: EnhancementChange): string {
  if (distance === undefined || distance[0] === 0) return '';
  const [before, after] = distance;
  const gain = percent(1 - after / before);
  if (models === 1) return `; it came ${gain} nearer to what many views of the photo say together`;
  const [first, second] = [before, after].map((value) => value.toFixed(3));
  return `; ${models} models agree more than before, by ${gain}: ${first} → ${second}`;
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
