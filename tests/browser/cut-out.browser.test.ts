/// <reference types="vite/client" />
import {
  AbortedError,
  type BlobType,
  cutOut,
  enhancePortrait,
  estimateForeground,
  matte,
  type PictureSource,
  type RasterImage,
  readImage,
  refineMatte,
  type WebEnhancement,
} from '@latent-matte/backend-web';
import { InvalidImageError, InvalidOptionError } from '@latent-matte/backend-web/core';
import { mockPortrait } from '@latent-matte/core/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerMocks } from './mocks';
import { type Place, type Started, start } from './places';

registerMocks();
const [width, height] = [72, 64];
const photo = mockPortrait(width, height);
const pixels = new ImageData(
  Uint8ClampedArray.from({ length: width * height * 4 }, (_, i) =>
    i % 4 === 3 ? 255 : photo.data[(i >> 2) * 3 + (i % 4)] * 255,
  ),
  width,
  height,
);

function painted<Canvas extends HTMLCanvasElement | OffscreenCanvas>(canvas: Canvas): Canvas {
  (canvas.getContext('2d') as CanvasRenderingContext2D).putImageData(pixels, 0, 0);
  return canvas;
}

const png = (): Promise<Blob> => painted(new OffscreenCanvas(width, height)).convertToBlob();

async function element(): Promise<HTMLImageElement> {
  const image = new Image();
  image.src = URL.createObjectURL(await png());
  await image.decode();
  return image;
}

const sources: Record<string, () => Promise<PictureSource>> = {
  Blob: png,
  File: async () => new File([await png()], 'portrait.png', { type: 'image/png' }),
  ImageData: async () => pixels,
  ImageBitmap: async () => createImageBitmap(pixels),
  canvas: async () => painted(Object.assign(document.createElement('canvas'), { width, height })),
  OffscreenCanvas: async () => painted(new OffscreenCanvas(width, height)),
  img: element,
  address: async () => URL.createObjectURL(await png()),
  URL: async () => new URL(URL.createObjectURL(await png())),
  RasterImage: async () => rgb,
};

/** What all of them show. */
const rgb: RasterImage = {
  width,
  height,
  channels: 3,
  data: Uint8Array.from(pixels.data.filter((_, i) => i % 4 !== 3)),
};

const options = { model: 'mock', advanced: { trimap: 'mock' } };

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

/** RGBA of a file, as any page would see it. */
async function seen(blob: Blob): Promise<(x: number, y: number) => number[]> {
  const bitmap = await createImageBitmap(blob);
  expect([bitmap.width, bitmap.height]).toEqual([width, height]);
  const context = new OffscreenCanvas(width, height).getContext('2d')!;
  context.drawImage(bitmap, 0, 0);
  return (x, y) => [...context.getImageData(x, y, 1, 1).data];
}

/** In the head of the mock portrait, and outside of it. */
const inside = [Math.round(width * 0.53), Math.round(height * 0.45)] as const;
const outside = [2, 2] as const;
const near = (found: readonly number[], expected: readonly number[]): void => {
  for (const [i, value] of found.entries()) expect(Math.abs(value - expected[i])).toBeLessThan(12);
};

describe.each(['page', 'worker'] as Place[])('cut-outs in the %s', (place) => {
  let started: Started;
  beforeAll(async () => {
    started = await start(place, 'wasm');
  });
  afterAll(() => started.backend.dispose());

  it.each(Object.keys(sources))('takes a %s, twice', async (kind) => {
    const source = await sources[kind]();
    const { alpha: expected } = await matte(rgb, options);
    for (let i = 0; i < 2; i++) {
      const { alpha } = await matte(source, options);
      expect(alpha).toMatchObject({ width, height, channels: 1 });
      expect(alpha.data).toEqual(expected.data);
    }
  });

  it('gives the person, their opacity and colours, and frees everything', async () => {
    const before = await started.tensors();
    const told: number[] = [];
    const person = await cutOut(await png(), { ...options, onProgress: (done) => told.push(done) });
    const at = ([x, y]: readonly [number, number]) => y * width + x;
    expect(person.image).toMatchObject({ width, height, channels: 4 });
    expect(person.alpha.data[at(inside)]).toBeGreaterThan(0.9);
    expect(person.alpha.data[at(outside)]).toBeLessThan(0.1);
    expect(person.image.data[at(inside) * 4 + 3]).toBe(person.alpha.data[at(inside)]);
    expect(person.foreground.data).toHaveLength(width * height * 3);
    expect(person.confidence).toBeGreaterThan(0);
    expect([told[0], told.at(-1)]).toEqual([0, 1]);
    expect(told).toEqual([...told].sort((a, b) => a - b));
    expect(await started.tensors()).toBe(before);
  });

  it('is saved as PNG and WebP with transparency, as JPEG on a colour', async () => {
    const person = await cutOut(pixels, options);
    for (const type of ['image/png', 'image/webp'] satisfies BlobType[]) {
      const blob = await person.toBlob(type);
      expect(blob.type).toBe(type);
      const pixel = await seen(blob);
      expect(pixel(...inside)[3]).toBeGreaterThan(230);
      expect(pixel(...outside)[3]).toBeLessThan(26);
    }
    expect((await person.toBlob()).type).toBe('image/png');

    const jpeg = await person.toBlob('image/jpeg', { background: '#1e90ff', quality: 0.95 });
    expect(jpeg.type).toBe('image/jpeg');
    // Where the mock matte is not quite zero, a little of the person stays.
    near((await seen(jpeg))(...outside), [0x1e, 0x90, 0xff, 255]);
    expect((await seen(jpeg))(...inside)[0]).toBeGreaterThan(200);

    expect(await failure(person.toBlob('image/jpeg'))).toBeInstanceOf(InvalidOptionError);
    expect(await failure(person.toBlob('image/bmp' as never))).toBeInstanceOf(InvalidOptionError);
  });

  it('is laid on a colour or on a picture in any form', async () => {
    const green = new OffscreenCanvas(20, 10);
    const context = green.getContext('2d')!;
    context.fillStyle = '#00c000';
    context.fillRect(0, 0, 20, 10);
    for (const background of ['#00c000', green, await green.convertToBlob()]) {
      const person = await cutOut(pixels, { ...options, background });
      expect(person.image.channels).toBe(3);
      near((await seen(await person.toBlob('image/jpeg')))(...outside), [0, 0xc0, 0, 255]);
    }
  });

  it('saves a matte as a grey picture', async () => {
    const { alpha, toBlob } = await matte(pixels, options);
    const pixel = await seen(await toBlob('image/png'));
    const [red, green, blue, opaque] = pixel(...inside);
    const expected = alpha.data[inside[1] * width + inside[0]] * 255;
    for (const value of [red, green, blue]) expect(Math.abs(value - expected)).toBeLessThan(1);
    expect(opaque).toBe(255);
  });

  it('says what was filled, what cannot be read, and stops at a signal', async () => {
    const half = new ImageData(pixels.data.slice(), width, height);
    half.data[3] = 0;
    expect((await cutOut(half, options)).warnings.join()).toMatch(/transparent parts/);

    const missing = await failure(cutOut('/no-such-photo.png', options));
    expect(missing).toBeInstanceOf(InvalidImageError);
    for (const wrong of [undefined, null, 7, {}]) {
      expect(await failure(cutOut(wrong as never, options))).toBeInstanceOf(InvalidImageError);
    }
    const unknown = await failure(cutOut(pixels, { ...options, colour: '#fff' } as never));
    expect(unknown).toBeInstanceOf(InvalidOptionError);

    const controller = new AbortController();
    const stopped = cutOut(pixels, {
      ...options,
      signal: controller.signal,
      onProgress: () => controller.abort('enough'),
    });
    expect(await failure(stopped)).toBeInstanceOf(AbortedError);
    const late = { ...options, signal: AbortSignal.abort() };
    expect(await failure(cutOut(await sources.address(), late))).toBeInstanceOf(AbortedError);
  });

  it('enhancement and its kin take a photo in every form too', async () => {
    const weights = { entropy: 1, compositional: 0, perceptual: 0, agreement: 0 };
    const advanced = { trimap: 'mock', generator: 'mock', select: 'last', weights } as const;
    const alpha: RasterImage = {
      width,
      height,
      channels: 1,
      data: new Float32Array(width * height).map((_, i) =>
        Math.min(1, Math.max(0, ((i % width) - 24) / 24)),
      ),
    };
    const found = async (photo: PictureSource) => {
      const { before, after } = await enhancePortrait(photo, { model: 'mock', steps: 1, advanced });
      expect((await after.toBlob()).type).toBe('image/png');
      near(
        (await seen(await before.toBlob('image/jpeg', { background: '#fff' })))(...outside),
        [255, 255, 255, 255],
      );
      const refined = await refineMatte(photo, alpha, alpha);
      const { foreground } = await estimateForeground(photo, alpha);
      return [before.image, after.image, refined, foreground].map(({ data }) => data);
    };
    const expected = await found(rgb);
    expect(expected[1]).not.toEqual(expected[0]);
    for (const kind of Object.keys(sources)) {
      expect(await found(await sources[kind]()), kind).toEqual(expected);
    }
    for (const wrong of [undefined, '/no-such-photo.png', {}]) {
      for (const call of [enhancePortrait, (photo: never) => refineMatte(photo, alpha, alpha)]) {
        expect(await failure(call(wrong as never))).toBeInstanceOf(InvalidImageError);
      }
    }
  });

  it('gives a cancelled enhancement the cut-outs of the best so far', async () => {
    const stop = new AbortController();
    const error = await failure(
      enhancePortrait(pixels, {
        model: 'mock',
        steps: 50,
        advanced: { trimap: 'mock', generator: 'mock', perceptual: 'mock', discriminator: 'mock' },
        signal: stop.signal,
        onProgress: () => stop.abort(),
      }),
    );
    expect(error).toBeInstanceOf(AbortedError);
    const { best } = error as AbortedError<WebEnhancement>;
    expect((await best!.after.toBlob()).type).toBe('image/png');
  });

  it('reads what it wrote', async () => {
    const person = await cutOut(pixels, { ...options, background: '#fff' });
    const again = await readImage(await person.toBlob());
    expect(again).toMatchObject({ width, height, channels: 3 });
  });
});
