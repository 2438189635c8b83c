import { type RasterImage, readImage } from '@latent-matte/backend-web/page';
import { announce } from '../elements';

/**
 * What is being decoded, or was last: who shows a photo and who cuts it out ask for the same pixels. Once they are there they
 * are kept by those who show them, not here.
 */
let last:
  | {
      readonly file: Blob;
      readonly longest: number;
      running?: Promise<RasterImage> | undefined;
      pixels?: WeakRef<RasterImage>;
    }
  | undefined;

/** The picture of a file with no side over `longest` pixels: phones have more of them than of memory. */
export async function fitted(file: Blob, longest: number): Promise<RasterImage> {
  if (last?.file === file && last.longest === longest) {
    const known = last.running ?? last.pixels?.deref();
    if (known !== undefined) return await known;
  }
  const asked: typeof last = { file, longest, running: decoded(file, longest) };
  last = asked;
  try {
    const image = (await asked.running)!;
    asked.pixels = new WeakRef(image);
    return image;
  } finally {
    asked.running = undefined;
  }
}

/** Above this `readImage` refuses a file. */
const MOST_PIXELS = 50e6;

async function decoded(file: Blob, longest: number): Promise<RasterImage> {
  const size = await sizeOf(file);
  const scale = size === undefined ? 1 : longest / Math.max(...size);
  // Also what is no picture, or too large a one: `readImage` says so.
  if (size === undefined || scale >= 1 || size[0] * size[1] > MOST_PIXELS) {
    return await readImage(file, { onWarning: announce });
  }
  const bitmap = await createImageBitmap(file, {
    imageOrientation: 'from-image',
    resizeWidth: Math.round(size[0] * scale),
    resizeHeight: Math.round(size[1] * scale),
    resizeQuality: 'high',
  });
  try {
    return await readImage(bitmap, { onWarning: announce });
  } finally {
    bitmap.close();
  }
}

/** Width and height of an upright picture, without decoding it; undefined for a file that is none. */
async function sizeOf(file: Blob): Promise<readonly [width: number, height: number] | undefined> {
  const picture = new Image();
  const address = URL.createObjectURL(file);
  try {
    return await new Promise((resolve) => {
      picture.onload = () => resolve([picture.naturalWidth, picture.naturalHeight]);
      picture.onerror = () => resolve(undefined);
      picture.src = address;
    });
  } finally {
    URL.revokeObjectURL(address);
  }
}
