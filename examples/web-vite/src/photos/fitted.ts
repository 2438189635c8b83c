import { type RasterImage, readImage } from '@latent-matte/backend-web/page';
import { announce } from '../elements';

/** The picture of a file with no side over `longest` pixels: phones have more of them than of memory. */
export async function fitted(file: Blob, longest: number): Promise<RasterImage> {
  const image = await readImage(file, { onWarning: announce });
  const scale = longest / Math.max(image.width, image.height);
  if (scale >= 1) return image;
  const bitmap = await createImageBitmap(file, {
    imageOrientation: 'from-image',
    resizeWidth: Math.round(image.width * scale),
    resizeHeight: Math.round(image.height * scale),
    resizeQuality: 'high',
  });
  try {
    return await readImage(bitmap);
  } finally {
    bitmap.close();
  }
}
