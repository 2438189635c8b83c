import type { FloatImage, RasterImage } from '../../contracts';
import { DatasetError } from '../../errors';
import { assertMapOf, opaqueRgb, toFloatImage } from '../../imaging/raster';
import { resizeImage } from '../../imaging/resampled-rows';
import { trimapFromAlpha } from '../../imaging/trimap-from-alpha';
import type { Size } from '../../ops/padding';
import { checkSample } from '../check-sample';
import type { PlainPicture, PlainSample } from './types';

/** Of the rule of unknown regions, at a longest side of 512: pixels into the background and into the foreground. */
const RULE = { size: 512, outward: 9, inward: 4 } as const;

/**
 * A sample with its longest side reduced to `size`: pictures and mattes by area, trimaps by their nearest value.
 *
 * @throws DatasetError neither or both of matte and mask; parts of several sizes; a truth without a person or without
 *   background
 * @throws InvalidImageError
 */
export function reducedPicture(sample: PlainSample, size: number): PlainPicture {
  const { name, image, alpha, mask } = sample;
  const known = alpha ?? mask;
  if (known === undefined || (alpha !== undefined && mask !== undefined)) {
    throw new DatasetError(
      `${name} has ${known === undefined ? 'neither a matte nor' : 'both a matte and'} a mask.`,
      'Give one of them.',
    );
  }
  checkSample({ ...sample, alpha: known }, {});
  const scale = Math.min(1, size / Math.max(image.width, image.height));
  const side = (length: number) => Math.max(1, Math.round(length * scale));
  const to: Size = [side(image.height), side(image.width)];
  const map = (given: RasterImage, label: string) => {
    assertMapOf(image, given, label);
    return toFloatImage(given);
  };
  const whole = map(known, alpha === undefined ? 'mask' : 'alpha');
  const truth = resizeImage(whole, to, 'area');
  const picture = { name, image: resizeImage(opaqueRgb(toFloatImage(image)), to, 'area'), truth };
  if (alpha === undefined) return picture;
  const trimap =
    sample.trimap === undefined ? derived(truth) : nearest(map(sample.trimap, 'trimap'), to);
  return { ...picture, trimap };
}

/** The unknown region by the rule of the data sets. */
function derived({ width, height, data }: FloatImage): FloatImage {
  const scale = Math.max(width, height) / RULE.size;
  const [outward, inward] = [RULE.outward, RULE.inward].map((pixels) => Math.round(pixels * scale));
  const classes = trimapFromAlpha(data, width, height, outward, inward);
  return { width, height, channels: 1, data: new Float32Array(classes).map((c) => c / 2) };
}

/** Reduced by picking pixels, and its grey levels made 0, 0.5 and 1: files hold 128. */
function nearest(map: FloatImage, [height, width]: Size): FloatImage {
  const data = new Float32Array(width * height);
  const source = (at: number, to: number, from: number) => Math.floor((at * from) / to);
  for (let y = 0; y < height; y++) {
    const row = source(y, height, map.height) * map.width;
    for (let x = 0; x < width; x++) {
      const value = map.data[row + source(x, width, map.width)];
      data[y * width + x] = value <= 0 ? 0 : value >= 1 ? 1 : 0.5;
    }
  }
  return { width, height, channels: 1, data };
}
