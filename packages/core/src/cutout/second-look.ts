import type { FloatImage } from '../contracts';
import type { Region } from '../imaging/crop-image';
import { type Picture, type PictureRows, rowsOf } from '../imaging/picture-rows';
import { personRegion } from './person-region';

/** Share of a photo above which the person is seen no closer by looking at them alone. */
const FILLS = 0.95;
/** Share of the region over which the second look takes over from the first, at sides where the photo goes on. */
const SEAM = 0.05;

/**
 * The part of a photo that is worth a second look: the person with room around. The networks see them larger then, and
 * nothing else. Undefined where that is most of the photo.
 *
 * @param first the matte of the whole photo, of any size. @param size of the photo
 */
export function regionOfSecondLook(
  first: FloatImage,
  [height, width]: readonly [height: number, width: number],
): Region | undefined {
  const region = personRegion(first);
  if (region === undefined) return undefined;
  const [down, across] = [height / first.height, width / first.width];
  const top = Math.floor(region.top * down);
  const left = Math.floor(region.left * across);
  const closer = {
    top,
    left,
    height: Math.min(height, Math.ceil((region.top + region.height) * down)) - top,
    width: Math.min(width, Math.ceil((region.left + region.width) * across)) - left,
  };
  return closer.height * closer.width > FILLS * height * width ? undefined : closer;
}

/**
 * The picture of a region laid over that of the whole photo, row by row. Towards sides where the photo goes on, the first
 * look takes over by and by, so that no seam shows.
 *
 * @param whole its rows are written to
 */
export function laidOver(whole: PictureRows, closer: Picture, region: Region): PictureRows {
  const { width, height, channels } = whole;
  const layRow = rowLayer(whole, closer, region);
  return {
    width,
    height,
    channels,
    *rows() {
      const seen = rowsOf(closer).rows()[Symbol.iterator]();
      let y = 0;
      for (const row of whole.rows()) {
        if (y >= region.top && y < region.top + closer.height) layRow(row, seen.next().value, y);
        yield row;
        y++;
      }
    },
  };
}

/** Lays row `y − top` of the region over row `y` of the whole. */
function rowLayer(
  whole: Pick<PictureRows, 'width' | 'height'>,
  { width, height, channels }: Picture,
  { top, left }: Pick<Region, 'top' | 'left'>,
): (row: Float32Array, closer: Float32Array, y: number) => void {
  const seam = Math.max(1, Math.round(SEAM * Math.max(width, height)));
  const down = weights(height, top > 0, top + height < whole.height, seam);
  const across = weights(width, left > 0, left + width < whole.width, seam);
  return (row, closer, y) => {
    for (let x = 0; x < width; x++) {
      const weight = down[y - top] * across[x];
      const at = (left + x) * channels;
      for (let channel = 0; channel < channels; channel++) {
        const first = row[at + channel];
        const second = closer[x * channels + channel];
        row[at + channel] = weight === 1 ? second : first + weight * (second - first);
      }
    }
  };
}

/** 1 inside, falling towards the ends at which the photo goes on. */
function weights(length: number, before: boolean, after: boolean, seam: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => {
    const fromStart = before ? (i + 0.5) / seam : 1;
    const fromEnd = after ? (length - i - 0.5) / seam : 1;
    return Math.min(1, fromStart, fromEnd);
  });
}
