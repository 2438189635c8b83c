import type { RasterImage } from '../contracts';
import { InvalidImageError } from '../errors';
import { assertSameSize } from '../imaging/raster';
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

/** Value of "unknown" in an 8-bit trimap. */
const UNKNOWN = 128;

/** @throws InvalidImageError when the rasters do not fit each other, or no pixel is unknown. */
export function preparePair(
  predicted: RasterImage,
  truth: RasterImage,
  trimap: RasterImage | undefined,
): MattePair {
  const pair = {
    width: predicted.width,
    height: predicted.height,
    predicted: quantizeMap(predicted, 'predicted matte'),
    truth: quantizeMap(truth, 'true matte'),
  };
  assertSameSize(predicted, 'predicted matte', truth, 'true matte');
  if (trimap === undefined) return { ...pair, region: undefined, pixels: pair.truth.length };
  const values = quantizeMap(trimap, 'trimap');
  assertSameSize(predicted, 'predicted matte', trimap, 'trimap');
  const region = new Uint8Array(values.length);
  let pixels = 0;
  for (let i = 0; i < values.length; i++) {
    if (values[i] === UNKNOWN) {
      region[i] = 1;
      pixels++;
    }
  }
  if (pixels === 0) {
    throw new InvalidImageError(
      'The trimap has no unknown pixel (value 128, or 0.5), so there is nothing to measure.',
      "Pass another trimap, or region: 'image'.",
    );
  }
  return { ...pair, region, pixels };
}
