import {
  BackendError,
  ImageTooLargeError,
  InvalidImageError,
  OutputError,
} from '@latent-matte/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { WebImageSource } from './image-source';
import { readImage } from './read-image';
import { toBlob } from './to-blob';
import { toImageData } from './to-image-data';

// Node has no canvas: these stand in for the few calls that are made. A browser test follows with WebGPU.
class FakeImageData {
  readonly [Symbol.toStringTag] = 'ImageData';
  readonly colorSpace = 'srgb';
  constructor(
    readonly data: Uint8ClampedArray,
    readonly width: number,
    readonly height: number,
  ) {}
}

class FakeBitmap {
  readonly [Symbol.toStringTag] = 'ImageBitmap';
  readonly close = vi.fn();
  constructor(
    readonly width: number,
    readonly height: number,
    readonly data: Uint8ClampedArray,
  ) {}
}

class FakeCanvas {
  static types = ['image/png', 'image/jpeg'];
  #pixels: Uint8ClampedArray | undefined;
  constructor(
    readonly width: number,
    readonly height: number,
  ) {}
  getContext() {
    return {
      drawImage: (bitmap: FakeBitmap) => {
        this.#pixels = bitmap.data;
      },
      putImageData: ({ data }: FakeImageData) => {
        this.#pixels = data;
      },
      getImageData: () => new FakeImageData(this.#pixels!, this.width, this.height),
    };
  }
  async convertToBlob({ type }: { type: string }) {
    return new Blob([this.#pixels as BlobPart], {
      type: FakeCanvas.types.includes(type) ? type : 'image/png',
    });
  }
}

const createImageBitmap = vi.fn(
  async (_source: unknown, _options: unknown) =>
    new FakeBitmap(2, 1, Uint8ClampedArray.of(10, 20, 30, 255, 40, 50, 60, 255)),
);

beforeEach(() => {
  vi.stubGlobal('ImageData', FakeImageData);
  vi.stubGlobal('OffscreenCanvas', FakeCanvas);
  vi.stubGlobal('createImageBitmap', createImageBitmap);
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.clearAllMocks();
});

const asSource = (value: unknown): WebImageSource => value as WebImageSource;
const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('toImageData', () => {
  it('spreads grey, keeps RGB and opacity, clips and rounds', () => {
    const pixels = (channels: 1 | 3 | 4, ...data: number[]) => [
      ...toImageData({ width: 1, height: 1, channels, data: Float32Array.from(data) }).data,
    ];
    expect(pixels(1, 0.5)).toEqual([128, 128, 128, 255]);
    expect(pixels(3, 0, 1.5, -0.5)).toEqual([0, 255, 0, 255]);
    expect(pixels(4, 1, 0.2, 0, 0.4)).toEqual([255, 51, 0, 102]);
  });

  it('takes integer pictures as they are and refuses data that does not fit', () => {
    const picture = { width: 1, height: 1, channels: 3 as const, data: Uint8Array.of(1, 2, 254) };
    expect([...toImageData(picture).data]).toEqual([1, 2, 254, 255]);
    expect(() => toImageData({ ...picture, width: 2 })).toThrow(InvalidImageError);
  });
});

describe('toBlob', () => {
  const picture = { width: 1, height: 1, channels: 1 as const, data: Float32Array.of(1) };

  it('encodes, as PNG unless told otherwise', async () => {
    expect((await toBlob(picture)).type).toBe('image/png');
    expect((await toBlob(picture, { type: 'image/jpeg' })).type).toBe('image/jpeg');
  });

  it('refuses a type the browser would silently replace', async () => {
    expect(await failure(toBlob(picture, { type: 'image/webp' }))).toBeInstanceOf(OutputError);
  });

  it('names a browser without OffscreenCanvas', async () => {
    vi.stubGlobal('OffscreenCanvas', undefined);
    expect(await failure(toBlob(picture))).toBeInstanceOf(BackendError);
  });
});

describe('readImage', () => {
  it('decodes a file upright and frees the bitmap', async () => {
    const image = await readImage(new Blob(['anything']));
    expect(image).toEqual({
      width: 2,
      height: 1,
      channels: 3,
      data: Uint8ClampedArray.of(10, 20, 30, 40, 50, 60),
    });
    expect(createImageBitmap.mock.calls[0][1]).toEqual({ imageOrientation: 'from-image' });
    const bitmap = await createImageBitmap.mock.results[0].value;
    expect(bitmap.close).toHaveBeenCalled();
  });

  it('draws a bitmap without closing it', async () => {
    const bitmap = new FakeBitmap(1, 1, Uint8ClampedArray.of(1, 2, 3, 255));
    expect((await readImage(asSource(bitmap))).data).toEqual(Uint8ClampedArray.of(1, 2, 3));
    expect(bitmap.close).not.toHaveBeenCalled();
    expect(createImageBitmap).not.toHaveBeenCalled();
  });

  it('lays transparent pixels over grey and says so', async () => {
    const onWarning = vi.fn();
    const pixels = new FakeImageData(Uint8ClampedArray.of(200, 0, 0, 0, 200, 0, 0, 255), 2, 1);
    const { data } = await readImage(asSource(pixels), { onWarning });
    expect(data).toEqual(Uint8ClampedArray.of(128, 128, 128, 200, 0, 0));
    expect(onWarning).toHaveBeenCalledTimes(1);
  });

  it('refuses a huge file before it is decoded', async () => {
    const header = new DataView(new ArrayBuffer(32));
    header.setUint32(0, 0x89504e47);
    header.setUint32(16, 40_000);
    header.setUint32(20, 40_000);
    const error = await failure(readImage(new Blob([header])));
    expect(error).toBeInstanceOf(ImageTooLargeError);
    expect((error as Error).message).toContain('1600 megapixels');
    expect(createImageBitmap).not.toHaveBeenCalled();
  });

  it('holds every other source to the limit too', async () => {
    const bitmap = new FakeBitmap(9, 9, new Uint8ClampedArray());
    const pixels = new FakeImageData(new Uint8ClampedArray(), 9, 9);
    const element = {
      [Symbol.toStringTag]: 'HTMLImageElement',
      complete: true,
      naturalWidth: 9,
      naturalHeight: 9,
    };
    for (const source of [bitmap, pixels, element]) {
      const error = await failure(readImage(asSource(source), { maxPixels: 80 }));
      expect(error).toBeInstanceOf(ImageTooLargeError);
    }
    expect(await failure(readImage(new Blob(['?']), { maxPixels: 1 }))).toBeInstanceOf(
      ImageTooLargeError,
    );
  });

  it('refuses what is no image, not decodable, not loaded, or closed', async () => {
    createImageBitmap.mockRejectedValueOnce(new DOMException('bad', 'InvalidStateError'));
    const unloaded = {
      [Symbol.toStringTag]: 'HTMLImageElement',
      complete: false,
      naturalWidth: 0,
    };
    const closed = new FakeBitmap(0, 0, new Uint8ClampedArray());
    const sources = [new Blob(['text']), unloaded, closed, null, undefined, 'photo.jpg', {}];
    for (const source of sources) {
      const error = await failure(readImage(asSource(source)));
      expect(error).toBeInstanceOf(InvalidImageError);
      expect((error as InvalidImageError).remedy).not.toBe('');
    }
  });
});
