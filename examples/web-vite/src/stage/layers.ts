import type { FloatImage, RasterImage } from '@latent-matte/backend-web/page';

/** A person without their background. */
export interface Layers {
  /** RGB in [0, 1]. */
  readonly foreground: FloatImage;
  /** In [0, 1]. */
  readonly alpha: FloatImage;
}

/** The layers of a cut-out that was saved as a file. */
export async function decodedLayers(picture: Blob): Promise<Layers> {
  // Not multiplied: the colours of thin hair stay.
  const bitmap = await createImageBitmap(picture, { premultiplyAlpha: 'none' });
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext('2d', {
    willReadFrequently: true,
  })!;
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const { data } = context.getImageData(0, 0, width, height);
  const foreground = new Float32Array(width * height * 3);
  const alpha = new Float32Array(width * height);
  for (let p = 0; p < alpha.length; p++) {
    for (let c = 0; c < 3; c++) foreground[p * 3 + c] = data[p * 4 + c]! / 255;
    alpha[p] = data[p * 4 + 3]! / 255;
  }
  return {
    foreground: { width, height, channels: 3, data: foreground },
    alpha: { width, height, channels: 1, data: alpha },
  };
}

/** The person as one picture, for a file. */
export function cutOutPicture({ foreground, alpha }: Layers): RasterImage {
  const { width, height } = alpha;
  const data = new Float32Array(width * height * 4);
  for (let p = 0; p < alpha.data.length; p++) {
    for (let c = 0; c < 3; c++) data[p * 4 + c] = foreground.data[p * 3 + c]!;
    data[p * 4 + 3] = alpha.data[p]!;
  }
  return { width, height, channels: 4, data };
}
