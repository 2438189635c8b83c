import { BlockScales } from './block-shift';
import {
  boundColors,
  type ChangeBounds,
  EAGERNESS,
  hasBounds,
  MeanSquareExcess,
  pull,
  pullBlocks,
  ROUNDS,
} from './bound-change';

/**
 * `boundedRows` of pictures that are in memory as a whole, to the bit: each round goes on from what the one before left,
 * where rows that are read one by one are made anew for every round.
 *
 * @param base interleaved RGB in [0, 1]. @param changed in [0, 1]; what is over the bounds is taken back in it
 * @returns whether anything was taken back
 */
export function boundValues(
  base: Float32Array,
  changed: Float32Array,
  width: number,
  bounds: ChangeBounds,
): boolean {
  if (!hasBounds(bounds)) return false;
  const { maxBlockShift, maxColorDifference, minPsnr } = bounds;
  const length = 3 * width;
  const rows = Array.from({ length: changed.length / length }, (_, y) => ({
    before: base.subarray(y * length, (y + 1) * length),
    now: changed.subarray(y * length, (y + 1) * length),
  }));
  let any = false;
  for (let round = 0; round < ROUNDS; round++) {
    const eager = 1 - EAGERNESS * round;
    const blocks = maxBlockShift > 0 ? new BlockScales(width, maxBlockShift) : undefined;
    for (const { before, now } of rows) {
      if (boundColors(before, now, maxColorDifference)) any = true;
      blocks?.add(before, now);
    }
    if (blocks?.any) {
      any = true;
      for (const [y, { before, now }] of rows.entries()) {
        const scales = blocks.rows[y];
        if (scales !== undefined) pullBlocks(before, now, scales, eager);
      }
    }
    let over = 0;
    if (minPsnr > 0) {
      const excess = new MeanSquareExcess(minPsnr);
      for (const { before, now } of rows) excess.add(before, now);
      over = excess.value;
    }
    if (over > 1) {
      any = true;
      const share = (0.999 * eager) / Math.sqrt(over);
      for (const { before, now } of rows) pull(before, now, 0, length, share);
    } else if (!blocks?.any) return any;
  }
  // Never seen, as each round leaves less. The picture that was not changed satisfies every bound.
  changed.set(base);
  return true;
}
