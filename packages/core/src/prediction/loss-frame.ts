import type { Parts } from './parts';
import { leastCommonMultiple } from './predict-matte';

/**
 * The size at which the losses look at a portrait: its own, or less with sides that the networks accept. Frames that
 * need no change stay as they are.
 *
 * @param longest longest side asked for, pixels
 */
export function lossFrame(
  [height, width]: readonly [height: number, width: number],
  { trimap, reference }: Pick<Parts, 'trimap' | 'reference'>,
  longest: number,
): [height: number, width: number] {
  const multipleOf = leastCommonMultiple(trimap.input.multipleOf, reference.input.multipleOf);
  const limit = Math.min(longest, trimap.input.max, reference.input.max);
  const scale = Math.min(1, limit / Math.max(height, width));
  const side = (length: number) =>
    Math.max(multipleOf, Math.floor((length * scale) / multipleOf + 1e-9) * multipleOf);
  return scale === 1 ? [height, width] : [side(height), side(width)];
}
