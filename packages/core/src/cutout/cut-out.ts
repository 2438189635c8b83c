import type { FloatImage, ForegroundEstimator, ModelChoice, RasterImage } from '../contracts';
import { foregroundOf } from '../foreground/foreground-of';
import { leanForeground } from '../foreground/layers-on-images';
import { keptPicture } from '../imaging/constant-picture';
import { pictureOfRows, rowsWithAlpha } from '../imaging/picture-rows';
import { assertRaster, opaqueRgb, toFloatImage } from '../imaging/raster';
import { longAnswer } from '../long-call';
import { checkModel } from '../prediction/check-model';
import { DEFAULT_PARTS } from '../prediction/parts';
import { foregroundEstimators } from '../registry';
import { assertPhoto, photoMatte, turn } from './matte';
import { onBackground } from './on-background';
import { type CutOutOptions, type ResolvedCutOut, resolveCutOut } from './options';
import type { CutOut, CutOutPreview } from './types';
import type { WorkingMatte } from './working-matte';

/**
 * Cuts the person out of a photo: a forward pass of a matting model, a second one closer where the person is small, and
 * the colours of the person without those of the old background. Needs an active backend.
 *
 * ```ts
 * import { cutOut, useNodeBackend } from '@latent-matte/backend-node';
 *
 * await useNodeBackend();
 * const person = await cutOut('photo.jpg');
 * await person.write('person.png');
 * ```
 *
 * @param photo any size from 32×32 to 50 megapixels
 * @throws InvalidImageError, ImageTooSmallError, ImageTooLargeError for unusable pictures
 * @throws InvalidOptionError, UnknownModelError, WeightsError
 * @throws ModelOutputError a model that answers NaN, or values that are no opacities
 * @throws NoPersonError next to nothing is foreground
 * @throws AbortedError the signal fired
 */
export async function cutOut(photo: RasterImage, options: CutOutOptions = {}): Promise<CutOut> {
  // Before it goes elsewhere: what is wrong is said at once.
  const resolved = resolveCutOut(options);
  assertPhoto(photo);
  const { background } = options;
  if (background !== undefined && typeof background !== 'string') {
    assertRaster(background, 'The background');
  }
  return await longAnswer('cutOut', [photo, options], () => cutOutHere(photo, resolved));
}

/** Shares of the work: the matte, and the colours of the person. */
const MATTE_SHARE = 0.5;

async function cutOutHere(photo: RasterImage, resolved: ResolvedCutOut): Promise<CutOut> {
  const { background, foreground: choice, signal, onProgress, onPreview } = resolved.request;
  onProgress?.(0);
  const colors = opaqueRgb(photo);
  const matte = await photoMatte(
    colors,
    resolved,
    (done) => onProgress?.(done * MATTE_SHARE),
    onPreview && (async (first) => onPreview(await previewOf(first))),
  );
  onProgress?.(MATTE_SHARE);
  await turn(signal);
  const foreground = await personColors(choice, colors, matte.alpha, signal);
  await turn(signal);
  const image =
    background === undefined
      ? pictureOfRows(rowsWithAlpha(foreground, matte.alpha))
      : onBackground(foreground, matte.alpha, background);
  onProgress?.(1);
  return { image, foreground, ...matte };
}

/** Of copies: whoever is shown them may send their memory elsewhere. */
async function previewOf({ alpha, colors }: WorkingMatte): Promise<CutOutPreview> {
  const foreground = await leanForeground(colors, alpha);
  const image = pictureOfRows(rowsWithAlpha(foreground, alpha));
  const plain = ({ width, height, channels, data }: FloatImage): FloatImage =>
    ({ width, height, channels, data }) as FloatImage;
  return {
    alpha: { ...alpha, data: alpha.data.slice() },
    foreground: plain(foreground),
    image: plain(image),
  };
}

async function personColors(
  choice: ModelChoice<ForegroundEstimator> = DEFAULT_PARTS.foreground,
  photo: RasterImage,
  alpha: FloatImage,
  signal: AbortSignal | undefined,
): Promise<FloatImage> {
  if (choice === DEFAULT_PARTS.foreground) {
    // Made when it is read: the photo is the caller's, who may use its memory again.
    return await leanForeground(keptPicture(photo), alpha, signal && { signal });
  }
  const estimator =
    typeof choice === 'string'
      ? await foregroundEstimators.create(choice, undefined)
      : checkModel('foreground estimator', choice);
  return await foregroundOf(estimator, toFloatImage(photo), alpha);
}
