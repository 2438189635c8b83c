import { type RasterImage, readImage } from '@latent-matte/backend-web';

/** The picture with no side over `longest` pixels: phones have more of them than of memory. */
export async function fitted(
  image: RasterImage,
  file: Blob,
  longest: number,
): Promise<RasterImage> {
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
