import type { FloatImage } from '../../contracts';
import { measureMatte } from '../../metrics';
import { quantizeMap } from '../../metrics/quantize-map';
import type { GrossFailure, PlainPicture, PlainRow } from './types';

/** Largest share of the person that may be lost, and of the background that may be kept. */
const MOST_LOST = 0.1;
const MOST_KEPT = 0.05;

/** All figures of one matte. */
export function compareMatte(
  matte: FloatImage,
  { truth, trimap }: PlainPicture,
): Pick<PlainRow, 'unknown' | 'whole' | 'iou' | 'gross' | 'warnings'> {
  const { iou, ...gross } = overlap(matte, truth);
  if (trimap === undefined) return { iou, gross };
  const warnings: string[] = [];
  const onWarning = (message: string) => void warnings.push(message);
  return {
    unknown: measureMatte(matte, truth, { trimap, onWarning }),
    whole: measureMatte(matte, truth),
    iou,
    gross,
    ...(warnings.length > 0 && { warnings }),
  };
}

/** Of the pixels with alpha ≥ 0.5 in 8 bits, as files have them. An IoU of 1 where both are empty. */
function overlap(matte: FloatImage, truth: FloatImage): GrossFailure & { readonly iou: number } {
  const found = quantizeMap(matte, 'predicted matte');
  const known = quantizeMap(truth, 'truth');
  let both = 0;
  let lost = 0;
  let kept = 0;
  for (let i = 0; i < known.length; i++) {
    const [isFound, isPerson] = [found[i] >= 128, known[i] >= 128];
    if (isFound && isPerson) both++;
    else if (isPerson) lost++;
    else if (isFound) kept++;
  }
  const person = both + lost;
  const share = (count: number, of: number) => (of === 0 ? 0 : count / of);
  const shares = { lost: share(lost, person), kept: share(kept, known.length - person) };
  return {
    ...shares,
    failed: shares.lost > MOST_LOST || shares.kept > MOST_KEPT,
    iou: person + kept === 0 ? 1 : both / (person + kept),
  };
}
