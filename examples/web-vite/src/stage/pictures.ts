import { type FloatImage, type RasterImage, toImageData } from '@latent-matte/backend-web/page';

/** What a portrait is laid over. */
export type Background =
  | { readonly kind: 'color'; readonly color: readonly [red: number, green: number, blue: number] }
  | { readonly kind: 'transparent' }
  | { readonly kind: 'picture'; readonly picture: ImageBitmap };

/** `#rrggbb` as three numbers in 0…255. */
export function parseColor(hex: string): [number, number, number] {
  const value = Number.parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** Grey plus the amplified difference between two pictures of one size. */
export function amplifiedChange(source: ImageData, portrait: FloatImage, gain: number): ImageData {
  const { width, height, data } = portrait;
  const change = new ImageData(width, height);
  for (let p = 0; p < width * height; p++) {
    for (let c = 0; c < 3; c++) {
      const difference = data[p * 3 + c] * 255 - source.data[p * 4 + c];
      change.data[p * 4 + c] = 127.5 + gain * difference;
    }
    change.data[p * 4 + 3] = 255;
  }
  return change;
}

/** The person's own colours over a background: α F + (1 − α) B. */
export function compose(
  foreground: FloatImage,
  alpha: FloatImage,
  background: Background,
): ImageData {
  const { width, height } = foreground;
  const behind = backgroundPixels(background, width, height);
  const result = new ImageData(width, height);
  for (let p = 0; p < width * height; p++) {
    const a = alpha.data[p];
    for (let c = 0; c < 3; c++) {
      const color = foreground.data[p * 3 + c] * 255;
      result.data[p * 4 + c] =
        behind === undefined ? color : a * color + (1 - a) * behind.data[p * 4 + c];
    }
    result.data[p * 4 + 3] = behind === undefined ? a * 255 : 255;
  }
  return result;
}

function backgroundPixels(
  background: Background,
  width: number,
  height: number,
): ImageData | undefined {
  if (background.kind === 'transparent') return undefined;
  const context = new OffscreenCanvas(width, height).getContext('2d', {
    willReadFrequently: true,
  })!;
  if (background.kind === 'color') {
    context.fillStyle = `rgb(${background.color.join(' ')})`;
    context.fillRect(0, 0, width, height);
  } else {
    const { picture } = background;
    const scale = Math.max(width / picture.width, height / picture.height);
    const size = [picture.width * scale, picture.height * scale] as const;
    context.drawImage(picture, (width - size[0]) / 2, (height - size[1]) / 2, ...size);
  }
  return context.getImageData(0, 0, width, height);
}

/** Shows a picture on a canvas of its size. */
export function draw(canvas: HTMLCanvasElement, picture: RasterImage | ImageData): void {
  const pixels = picture instanceof ImageData ? picture : toImageData(picture);
  canvas.width = pixels.width;
  canvas.height = pixels.height;
  canvas.getContext('2d')!.putImageData(pixels, 0, 0);
}
