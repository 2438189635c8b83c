import type { FloatImage } from '../contracts';
import { rowsOf } from '../imaging/picture-rows';
import type { KeptReason } from './types';

/** Below this confidence in the target nothing is searched. */
export const SURE_OF_TARGET = 0.5;

/** Share of the person that a change may take from the matte. A gross failure, as `measureModels` counts them. */
const MAY_LOSE = 0.1;

/** One sentence per reason, for `warnings`. */
export const KEPT: Readonly<Record<KeptReason, string>> = {
  'target-unsure':
    'Views of the photograph contradict each other about where the person is: the portrait was left as it was.',
  'no-step-nearer':
    'No step came nearer to the fixed target than the photograph: the portrait was left as it was.',
  'person-lost':
    'The model lost a part of the person in the portrait that was found: it was left as it was.',
};

/**
 * The bound of a change that is to shrink with the confidence in its target: the root mean square of the change is
 * multiplied by the confidence.
 *
 * @param minPsnr dB; 0 = no bound
 */
export function psnrWithin(minPsnr: number, confidence: number): number {
  return minPsnr === 0 ? 0 : minPsnr - 20 * Math.log10(confidence);
}

/** Whether `after` lacks more than a tenth of the person in `before`. Each one channel, the same size. */
export function losesPerson(before: FloatImage, after: FloatImage): boolean {
  let person = 0;
  let lost = 0;
  const found = rowsOf(after).rows()[Symbol.iterator]();
  for (const row of rowsOf(before).rows()) {
    const kept = found.next().value as Float32Array;
    for (let x = 0; x < row.length; x++) {
      person += row[x];
      lost += Math.max(0, row[x] - kept[x]);
    }
  }
  return lost > MAY_LOSE * person;
}
