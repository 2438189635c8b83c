import type { FloatImage, RasterImage } from '../contracts';
import { InvalidOptionError } from '../errors';
import { onBackground } from './on-background';

/** The two layers of a picture that may still be laid on a background. */
export interface PictureLayers {
  readonly foreground: FloatImage;
  readonly alpha: FloatImage;
}

/**
 * A result as it goes into a file.
 *
 * @param layers of a picture that is transparent; absent: it is opaque
 * @param opaque the format has no transparency
 * @throws InvalidOptionError transparency that cannot be kept, or a background that nothing shows
 */
export function pictureToSave(
  picture: RasterImage,
  layers: PictureLayers | undefined,
  background: string | RasterImage | undefined,
  opaque: boolean,
): RasterImage {
  if (background !== undefined) {
    if (layers !== undefined) return onBackground(layers.foreground, layers.alpha, background);
    throw new InvalidOptionError(
      'The picture is opaque: no background would be seen.',
      'Leave background out here.',
    );
  }
  if (!opaque || layers === undefined) return picture;
  throw new InvalidOptionError(
    'JPEG cannot store transparency.',
    "Use PNG or WebP, or give a background: { background: '#fff' }.",
  );
}
