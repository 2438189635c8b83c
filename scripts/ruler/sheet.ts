import type { FloatImage, RasterImage } from '@latent-matte/backend-node';

/** A picture beside the matte that a network made of it. */
export interface Shown {
  readonly image: FloatImage;
  readonly matte: FloatImage;
  /** Framed in red. */
  readonly failed: boolean;
}

/** Pictures side by side, and the space around them. */
const PAIRS = 4;
const FRAME = 6;
const RED = [220, 30, 30];

/** All mattes of a network in one picture, each beside its photograph, at their own size. */
export function contactSheet(shown: readonly Shown[], side: number): RasterImage {
  const cell = side + 2 * FRAME;
  const columns = Math.min(PAIRS, shown.length);
  const width = 2 * columns * cell;
  const height = Math.ceil(shown.length / columns) * cell;
  const data = new Uint8Array(width * height * 3).fill(128);
  for (const [i, { image, matte, failed }] of shown.entries()) {
    const top = Math.floor(i / columns) * cell;
    const left = 2 * (i % columns) * cell;
    if (failed)
      fill(data, width, [top, left + cell], [matte.height + 2 * FRAME, matte.width + 2 * FRAME]);
    draw(data, width, [top + FRAME, left + FRAME], image);
    draw(data, width, [top + FRAME, left + cell + FRAME], matte);
  }
  return { width, height, channels: 3, data };
}

type Pair = readonly [number, number];

function fill(data: Uint8Array, width: number, [top, left]: Pair, [height, across]: Pair): void {
  for (let y = top; y < top + height; y++) {
    for (let x = left; x < left + across; x++) data.set(RED, (y * width + x) * 3);
  }
}

function draw(data: Uint8Array, width: number, [top, left]: Pair, picture: FloatImage): void {
  for (let y = 0; y < picture.height; y++) {
    for (let x = 0; x < picture.width; x++) {
      const from = (y * picture.width + x) * picture.channels;
      const to = ((top + y) * width + left + x) * 3;
      for (let c = 0; c < 3; c++) {
        data[to + c] = Math.round(255 * picture.data[from + (picture.channels === 1 ? 0 : c)]);
      }
    }
  }
}
