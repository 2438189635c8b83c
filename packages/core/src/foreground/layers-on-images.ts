import type { FloatImage, ImageLayers, RasterImage } from '../contracts';
import { ImageTooLargeError } from '../errors';
import { clipUnit } from '../imaging/clip-unit';
import { fullScale } from '../imaging/full-scale';
import { isOfRows, pictureOfRows, readRows } from '../imaging/picture-rows';
import { assertMapOf, assertRaster, opaqueRgb, toFloatImage } from '../imaging/raster';
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
  const opacities = isOfRows(alpha) ? readRows(alpha) : toFloatImage(alpha);
  assertMapOf(image, opacities, 'alpha');
  const { width, height } = image;
  const pixels = { data: opaqueRgb(image).data, scale: 1 / fullScale(image) };
  return pictureOfRows(
    await finishInSlices(leanForegroundWork(pixels, clipped(opacities.data), width, height), {
      ...control,
      operation: FOREGROUND_OPERATION,
    }),
  );
}

/** In [0, 1]; a copy is made only where something is outside. */
function clipped(values: Float32Array): Float32Array {
  // A loop, not `some`: its calls took a tenth of a cut-out of 12 megapixels.
  for (let i = 0; i < values.length; i++) {
    if (values[i] < 0 || values[i] > 1) return values.map(clipUnit);
  }
  return values;
}
