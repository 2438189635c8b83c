import type { Parts } from './parts';
import { leastCommonMultiple } from './predict-matte';

const anySize = { input: { multipleOf: 1, min: 1, max: Number.POSITIVE_INFINITY } };

/**
 * The size at which the losses look at a portrait: its own, less where that is asked for, and with sides that the
 * networks accept. Frames that need no change stay as they are.
 *
 * @param networks absent where they are shown a size of their own (`networkSize`) and bound nothing here
 * @param longest longest side asked for, pixels
 */
export function lossFrame(
  [height, width]: readonly [height: number, width: number],
  networks: Pick<Parts, 'trimap' | 'reference'> | undefined,
  longest: number,
): [height: number, width: number] {
  const { trimap, reference } = networks ?? { trimap: anySize, reference: anySize };
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
