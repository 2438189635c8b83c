import { said } from '../assert-options';
import type { RasterImage } from '../contracts';
import { InvalidImageError } from '../errors';
import { assertSameSize } from '../imaging/raster';
import { readTrimap, snappedWarning } from '../imaging/trimap-levels';
import { quantizeMap } from './quantize-map';

/** A predicted and a true matte, 8 bit, with the pixels to count. */
export interface MattePair {
  readonly width: number;
  readonly height: number;
  readonly predicted: Uint8Array | Uint8ClampedArray;
  readonly truth: Uint8Array | Uint8ClampedArray;
  /** 1 at the pixels that count, else 0; undefined when all do. */
  readonly region: Uint8Array | undefined;
  /** Number of pixels that count, ≥ 1. */
  readonly pixels: number;
}

/** @throws InvalidImageError when the rasters do not fit each other, or no pixel is unknown. */
export function preparePair(
  predicted: RasterImage,
  truth: RasterImage,
  trimap: RasterImage | undefined,
  onWarning?: (message: string) => void,
): MattePair {
  for (const [matte, name] of [
    [predicted, 'predicted matte'],
    [truth, 'true matte'],
  ] as const) {
    if (typeof matte === 'object' && matte !== null) continue;
    throw new InvalidImageError(
      `The ${name} is ${said(matte)}.`,
      'Pass { width, height, channels: 1, data }, or read a file with readMap().',
    );
  }
  const pair = {
    width: predicted.width,
    height: predicted.height,
    predicted: quantizeMap(predicted, 'predicted matte'),
    truth: quantizeMap(truth, 'true matte'),
  };
  assertSameSize(predicted, 'predicted matte', truth, 'true matte');
  if (trimap === undefined) return { ...pair, region: undefined, pixels: pair.truth.length };
  if (trimap.channels !== 1) {
    throw new InvalidImageError(`The trimap has ${trimap.channels} channels.`, 'Pass one channel.');
  }
  const {
    trimap: { data: values },
    snapped,
  } = readTrimap(trimap);
  assertSameSize(predicted, 'predicted matte', trimap, 'trimap');
  const region = new Uint8Array(values.length);
  let pixels = 0;
  for (let i = 0; i < values.length; i++) {
    if (values[i] === 0.5) {
      region[i] = 1;
      pixels++;
    }
  }
  if (pixels === 0) {
    throw new InvalidImageError(
      'The trimap has no unknown pixel (64 to 191 of 255), so there is nothing to measure.',
      "Pass another trimap, or region: 'image'.",
    );
  }
  const warning = snappedWarning(snapped, values.length);
  if (warning !== undefined) onWarning?.(warning);
  return { ...pair, region, pixels };
}
