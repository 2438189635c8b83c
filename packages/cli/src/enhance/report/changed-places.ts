import type { FloatImage } from '@latent-matte/backend-node';

/** A square part of a picture. */
export interface Place {
  readonly left: number;
  readonly top: number;
  readonly side: number;
}

/** Mean change of alpha below which a place is not worth looking at. */
const LEAST = 0.002;

/**
 * The squares in which two mattes differ most, without overlap, most changed first.
 *
 * @param count at most this many
 */
export function changedPlaces(before: FloatImage, after: FloatImage, count: number): Place[] {
  const { width, height } = before;
  const side = Math.max(1, Math.round(Math.min(width, height) / 5));
  const stride = Math.max(1, Math.floor(side / 4));
  const sums = summedChanges(before, after);
  const at = (x: number, y: number) => sums[y * (width + 1) + x]!;
  const candidates: (Place & { readonly change: number })[] = [];
  for (let top = 0; top + side <= height; top += stride) {
    for (let left = 0; left + side <= width; left += stride) {
      const [right, bottom] = [left + side, top + side];
      const change = at(right, bottom) - at(left, bottom) - at(right, top) + at(left, top);
      if (change >= LEAST * side * side) candidates.push({ left, top, side, change });
    }
  }
  candidates.sort((a, b) => b.change - a.change);
  const chosen: Place[] = [];
  for (const { left, top } of candidates) {
    if (chosen.length === count) break;
    const apart = chosen.every(
      (other) => Math.abs(other.left - left) >= side || Math.abs(other.top - top) >= side,
    );
    if (apart) chosen.push({ left, top, side });
  }
  return chosen;
}

/** Summed-area table of |Δα|, `[height + 1, width + 1]`. */
function summedChanges(before: FloatImage, after: FloatImage): Float64Array {
  const { width, height } = before;
  const sums = new Float64Array((width + 1) * (height + 1));
  for (let y = 0; y < height; y++) {
    let row = 0;
    for (let x = 0; x < width; x++) {
      row += Math.abs(before.data[y * width + x]! - after.data[y * width + x]!);
      sums[(y + 1) * (width + 1) + x + 1] = sums[y * (width + 1) + x + 1]! + row;
    }
  }
  return sums;
}

/** That part of a picture. */
export function cropped(image: FloatImage, { left, top, side }: Place): FloatImage {
  const { width, channels, data } = image;
  const part = new Float32Array(side * side * channels);
  for (let y = 0; y < side; y++) {
    const start = ((top + y) * width + left) * channels;
    part.set(data.subarray(start, start + side * channels), y * side * channels);
  }
  return { width: side, height: side, channels, data: part };
}
