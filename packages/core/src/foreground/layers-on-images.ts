import type { FloatImage, ImageLayers, RasterImage } from '../contracts';
import { ImageTooLargeError } from '../errors';
import { clipUnit } from '../imaging/clip-unit';
import { fullScale } from '../imaging/full-scale';
import {
  clippedCopy,
  isOfRows,
  pictureOfRows,
  type RowAt,
  readRows,
  rowReader,
  rowsOf,
} from '../imaging/picture-rows';
import {
  assertMapOf,
  assertRaster,
  assertSameSize,
  opaqueRgb,
  toFloatImage,
} from '../imaging/raster';
import { finishInSlices, type WorkOptions } from '../solvers/work';
import { type ArraySolver, FOREGROUND_OPERATION } from './layers-on-tensors';
import { leanForegroundWork } from './lean-multi-level';

/** Most pixels of a plain image. */
const MAX_PIXELS = 50e6;

/**
 * Solves on plain images, without a tensor.
 * @throws InvalidImageError sizes or channels that do not fit, or NaN
 * @throws ImageTooLargeError above 50 megapixels. @throws AbortedError the signal fired
 */
export async function estimateOnImages(
  image: RasterImage,
  alpha: RasterImage,
  solver: ArraySolver,
  control: WorkOptions = {},
): Promise<ImageLayers> {
  assertRaster(image);
  assertMapOf(image, alpha, 'alpha');
  const { width, height } = image;
  if (width * height > MAX_PIXELS) {
    throw new ImageTooLargeError(
      `The image is ${width}×${height}: more than ${MAX_PIXELS / 1e6} megapixels.`,
      'Scale image and alpha down.',
    );
  }
  const pixels = { data: opaqueRgb(image).data, scale: 1 / fullScale(image) };
  const layers = await finishInSlices(
    solver(pixels, clipped(toFloatImage(alpha).data), width, height),
    { ...control, operation: FOREGROUND_OPERATION },
  );
  const layer = (data: Float32Array): FloatImage => ({ width, height, channels: 3, data });
  return { foreground: layer(layers.foreground), background: layer(layers.background) };
}

/**
 * The foreground alone, as `cutOut` shows it; its pixels are made when they are read, from the image as it is then.
 * @throws InvalidImageError sizes or channels that do not fit, or NaN
 * @throws ImageTooLargeError above 100 megapixels. @throws AbortedError the signal fired
 */
export async function leanForeground(
  image: RasterImage,
  alpha: RasterImage,
  control: WorkOptions = {},
): Promise<FloatImage> {
  assertRaster(image);
  // A packed matte was checked before it was packed, and asking for its data would make its floats.
  const isPacked = rowsOf(alpha).row !== undefined;
  const plain = () => (isOfRows(alpha) ? readRows(alpha) : toFloatImage(alpha));
  const opacities = isPacked ? alpha : plain();
  if (isPacked) assertSameSize(image, 'image', alpha, 'alpha');
  else assertMapOf(image, opacities, 'alpha');
  const { width, height } = image;
  const pixels = { data: opaqueRgb(image).data, scale: 1 / fullScale(image) };
  return pictureOfRows(
    await finishInSlices(leanForegroundWork(pixels, clippedReader(opacities), width, height), {
      ...control,
      operation: FOREGROUND_OPERATION,
    }),
  );
}

/** In [0, 1]; a copy is made only where something is outside. */
const clipped = (values: Float32Array): Float32Array =>
  isOutside(values) ? values.map(clipUnit) : values;

/** {@link clipped}, without the floats of a picture that has none. */
function clippedReader(alpha: RasterImage): RowAt {
  for (const row of rowsOf(alpha).rows()) {
    if (isOutside(row)) return rowReader(clippedCopy(alpha));
  }
  return rowReader(alpha);
}

function isOutside(values: Float32Array): boolean {
  // A loop, not `some`: its calls took a tenth of a cut-out of 12 megapixels.
  for (let i = 0; i < values.length; i++) {
    if (values[i] < 0 || values[i] > 1) return true;
  }
  return false;
}
