import type { FloatImage } from '../contracts';
import type { Region } from '../imaging/crop-image';

/** Of the person's rows and columns, the share on each side that may be strays: pixels far from the rest. */
const STRAY = 0.01;
/** Room around the person: a share of their extent, and pixels at 512, so that what the first look lost has a place. */
const ROOM = 0.3;
const LEAST_ROOM = 8;
const SIDE = 512;
/** Of the longest side of the picture, the least that a region has: what is smaller is not looked at closer. */
const LEAST_EXTENT = 1 / 4;

/**
 * The part of a picture that the person fills, with room around; undefined where nobody is.
 *
 * @param alpha one channel, in [0, 1]
 */
export function personRegion({ width, height, data }: FloatImage): Region | undefined {
  const columns = new Uint32Array(width);
  const rows = new Uint32Array(height);
  let person = 0;
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (data[i] <= 0.5) continue;
      columns[x]++;
      rows[y]++;
      person++;
    }
  }
  if (person === 0) return undefined;
  const longest = Math.max(height, width);
  const [top, bottom] = withRoom(extent(rows, person), height, longest);
  const [left, right] = withRoom(extent(columns, person), width, longest);
  return { top, left, height: bottom - top, width: right - left };
}

/** From where to where a line counts pixels, strays left out. */
function extent(counts: Uint32Array, total: number): [first: number, end: number] {
  const strays = STRAY * total;
  let [first, before] = [0, 0];
  while (before + counts[first] < strays) before += counts[first++];
  let [end, after] = [counts.length, 0];
  while (after + counts[end - 1] < strays) after += counts[--end];
  return [first, end];
}

function withRoom(
  [first, end]: readonly [number, number],
  length: number,
  longest: number,
): [number, number] {
  const found = end - first;
  const room = Math.max(
    ROOM * found + (LEAST_ROOM * longest) / SIDE,
    (LEAST_EXTENT * longest - found) / 2,
  );
  return [Math.max(0, Math.floor(first - room)), Math.min(length, Math.ceil(end + room))];
}
