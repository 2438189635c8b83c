import type { FloatImage, RasterImage } from '../contracts';
import { isOfRows, rowsOf } from '../imaging/picture-rows';
import { assertMapOf, assertRaster, opaqueRgb, toFloatImage } from '../imaging/plain-raster';
import { coverRows } from './cover-rows';
import { type Color, parseColor } from './parse-color';

/**
 * The person laid on a colour or on another picture: αF + (1 − α)B (paper Eq. 1), opaque RGB.
 *
 * ```ts
 * import { cutOut, onBackground } from '@latent-matte/core';
 *
 * const { foreground, alpha } = await cutOut(photo);
 * const onBlue = onBackground(foreground, alpha, '#1e90ff');
 * ```
 *
 * @param foreground RGB. @param alpha one channel, the same size
 * @param background a CSS hex colour, or a picture: scaled and cropped so that it covers the frame
 * @throws InvalidOptionError no hex colour. @throws InvalidImageError sizes or channels that do not fit
 */
export function onBackground(
  foreground: RasterImage,
  alpha: RasterImage,
  background: string | RasterImage,
): FloatImage {
  // What is made when it is read is ours.
  if (!isOfRows(foreground)) assertRaster(foreground, 'The foreground');
  assertMapOf(foreground, alpha, 'alpha');
  const { width, height } = foreground;
  const rows =
    typeof background === 'string'
      ? colorRows(parseColor(background, 'background'), width)
      : pictureRows(background, [height, width]);
  const colors = rowsOf(
    foreground.channels === 3 ? foreground : opaqueRgb(toFloatImage(foreground)),
  )
    .rows()
    [Symbol.iterator]();
  const matte = toFloatImage(alpha).data;
  const data = new Float32Array(width * height * 3);
  let p = 0;
  for (let y = 0; y < height; y++) {
    const behind = rows.next().value as Float32Array;
    const front = colors.next().value as Float32Array;
    for (let x = 0; x < width; x++, p++) {
      const a = matte[p];
      for (let c = 0; c < 3; c++) {
        const b = behind[x * 3 + c];
        data[p * 3 + c] = b + a * (front[x * 3 + c] - b);
      }
    }
  }
  return { width, height, channels: 3, data };
}

function pictureRows(
  background: RasterImage,
  size: readonly [height: number, width: number],
): Generator<Float32Array, void, void> {
  assertRaster(background, 'The background');
  return coverRows(opaqueRgb(toFloatImage(background)), size);
}

function* colorRows(color: Color, width: number): Generator<Float32Array, never, void> {
  const row = Float32Array.from({ length: width * 3 }, (_, i) => color[i % 3]);
  for (;;) yield row;
}
