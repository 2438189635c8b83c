import {
  type RasterImage,
  readImage,
  toBlob,
  toImageData,
  type WebImageSource,
} from '@latent-matte/backend-web';
import { ImageTooLargeError, InvalidImageError } from '@latent-matte/backend-web/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Place, type Started, start } from './places';

const [width, height] = [7, 5];

/** Colours with no two alike. */
const rgba = Uint8ClampedArray.from({ length: width * height * 4 }, (_, i) =>
  i % 4 === 3 ? 255 : (i * 37) % 256,
);
const rgb = rgba.filter((_, i) => i % 4 !== 3);

function painted<Canvas extends HTMLCanvasElement | OffscreenCanvas>(canvas: Canvas): Canvas {
  const context = canvas.getContext('2d') as CanvasRenderingContext2D;
  context.putImageData(new ImageData(rgba.slice(), width, height), 0, 0);
  return canvas;
}

function canvasOfPage(): HTMLCanvasElement {
  return painted(Object.assign(document.createElement('canvas'), { width, height }));
}

async function elementOf(blob: Blob): Promise<HTMLImageElement> {
  const image = new Image();
  image.src = URL.createObjectURL(blob);
  await image.decode();
  return image;
}

const png = (): Promise<Blob> => painted(new OffscreenCanvas(width, height)).convertToBlob();

const sources: Record<string, () => Promise<WebImageSource>> = {
  Blob: png,
  File: async () => new File([await png()], 'portrait.png'),
  ImageBitmap: async () => createImageBitmap(canvasOfPage()),
  ImageData: async () => new ImageData(rgba.slice(), width, height),
  OffscreenCanvas: async () => painted(new OffscreenCanvas(width, height)),
  canvas: async () => canvasOfPage(),
  img: async () => elementOf(await png()),
};

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

describe.each(['page', 'worker'] as Place[])('images in the %s', (place) => {
  let started: Started;
  beforeAll(async () => {
    started = await start(place, 'wasm');
  });
  afterAll(() => started.backend.dispose());

  it.each(Object.keys(sources))('reads the pixels of a %s, twice', async (kind) => {
    const source = await sources[kind]();
    for (let i = 0; i < 2; i++) {
      const image = await readImage(source);
      expect(image).toMatchObject({ width, height, channels: 3 });
      expect([...image.data]).toEqual([...rgb]);
    }
  });

  it('turns a JPEG upright by its EXIF orientation', async () => {
    const plain = new Uint8Array(
      await (
        await painted(new OffscreenCanvas(width, height)).convertToBlob({ type: 'image/jpeg' })
      ).arrayBuffer(),
    );
    // Behind the start marker: an APP1 segment with orientation 6, a quarter turn.
    const exif = [
      0xff, 0xe1, 0, 34, 69, 120, 105, 102, 0, 0, 77, 77, 0, 42, 0, 0, 0, 8, 0, 1, 1, 18, 0, 3,
    ];
    const entry = [0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0];
    const turned = new Blob([
      plain.slice(0, 2),
      Uint8Array.from([...exif, ...entry]),
      plain.slice(2),
    ]);
    expect(await readImage(turned)).toMatchObject({ width: height, height: width });
  });

  it('fills transparent parts with grey and warns, and refuses what is no portrait', async () => {
    const warnings: string[] = [];
    const clear = await readImage(new ImageData(new Uint8ClampedArray(16), 2, 2), {
      onWarning: (warning) => warnings.push(warning),
    });
    expect([...clear.data]).toEqual(new Array(12).fill(128));
    expect(warnings).toHaveLength(1);

    expect(await failure(readImage(new Blob(['no picture'])))).toBeInstanceOf(InvalidImageError);
    expect(await failure(readImage(new Image()))).toBeInstanceOf(InvalidImageError);
    expect(await failure(readImage('photo.jpg' as never))).toBeInstanceOf(InvalidImageError);
    const closed = await createImageBitmap(canvasOfPage());
    closed.close();
    expect(await failure(readImage(closed))).toBeInstanceOf(InvalidImageError);
    const large = await failure(readImage(canvasOfPage(), { maxPixels: 34 }));
    expect(large).toBeInstanceOf(ImageTooLargeError);
  });

  it('gives results as ImageData and as files that can be read again', async () => {
    const image: RasterImage = { width, height, channels: 3, data: Uint8Array.from(rgb) };
    expect([...toImageData(image).data]).toEqual([...rgba]);
    const blob = await toBlob(image);
    expect(blob.type).toBe('image/png');
    expect([...(await readImage(blob)).data]).toEqual([...rgb]);
  });
});
