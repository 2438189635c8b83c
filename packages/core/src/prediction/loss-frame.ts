import type { Parts } from './parts';
import { leastCommonMultiple } from './predict-matte';

/**
 * The size at which the losses look at a portrait: its own, less where that is asked for, and with sides that the
 * networks accept. Frames that need no change stay as they are.
 *
 * @param longest longest side asked for, pixels
 */
export function lossFrame(
  [height, width]: readonly [height: number, width: number],
  { trimap, reference }: Pick<Parts, 'trimap' | 'reference'>,
  longest: number,
): [height: number, width: number] {
  const multipleOf = leastCommonMultiple(trimap.input.multipleOf, reference.input.multipleOf);
  const least = Math.max(trimap.input.min, reference.input.min);
  const limit = Math.max(least, Math.min(longest, trimap.input.max, reference.input.max));
  const scale = Math.min(
    Math.max(1, least / Math.min(height, width)),
    limit / Math.max(height, width),
  );
  const whole = (side: number) => Math.floor(side / multipleOf + 1e-9) * multipleOf;
  const smallest = Math.ceil(Math.max(least, 1) / multipleOf) * multipleOf;
  const side = (length: number) => Math.max(smallest, whole(length * scale));
  return scale === 1 ? [height, width] : [side(height), side(width)];
}
