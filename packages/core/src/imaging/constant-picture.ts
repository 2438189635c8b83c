import type { RasterImage } from '../contracts';

/** Pixels that their holder promised to leave alone. */
const constants = new WeakSet<RasterImage['data']>();

/** The picture itself: from now on nobody writes to its pixels, so that who keeps it for later need not copy it. */
export function constantPicture<Image extends RasterImage>(image: Image): Image {
  constants.add(image.data);
  return image;
}

/** A picture that stays as it is now: itself where that was promised, else a copy of the same depth. */
export function keptPicture<Image extends RasterImage>(image: Image): Image {
  if (constants.has(image.data)) return image;
  return constantPicture({ ...image, data: image.data.slice() });
}
