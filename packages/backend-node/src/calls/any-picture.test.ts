import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  AbortedError,
  InvalidImageError,
  type RasterImage,
  registerMattingModel,
  registerTrimapModel,
} from '@latent-matte/core';
import {
  mockGenerator,
  mockMattingModel,
  mockPortrait,
  mockTrimapModel,
} from '@latent-matte/core/testing';
import { thrownBy } from '@latent-matte/test-kit/thrown-by';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as core from '../core';
import * as main from '../index';

const [width, height] = [64, 64];
const floats = mockPortrait(width, height);
const rgb: RasterImage = {
  width,
  height,
  channels: 3,
  data: Uint8Array.from(floats.data, (value) => Math.round(255 * value)),
};
const rgba = new Uint8ClampedArray(width * height * 4).map((_, i) =>
  i % 4 === 3 ? 255 : rgb.data[(i >> 2) * 3 + (i % 4)]!,
);

let folder: string;
let png: Buffer;
let server: Server;
let address: string;
/** The address at which nothing is answered. */
const asked: (() => void)[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latent-matte-any-'));
  png = await sharp(rgb.data, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
  await writeFile(join(folder, 'photo.png'), png);
  server = createServer(({ url }, response) => {
    if (url === '/photo.png') response.end(png);
    else if (url === '/silent') for (const heard of asked.splice(0)) heard();
    else if (url === '/endless') {
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(2 ** 16, 0x89)));
      };
      response.on('drain', more);
      more();
    } else response.writeHead(404).end('not here');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await main.useNodeBackend({ device: 'cpu' });
  registerMattingModel('mock', () => mockMattingModel());
  registerTrimapModel('mock', () => mockTrimapModel());
  core.registerGenerator('mock', (context) => mockGenerator(context));
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true });
});

const sources: Record<string, () => main.PictureSource> = {
  'a path': () => join(folder, 'photo.png'),
  'the URL of a file': () => pathToFileURL(join(folder, 'photo.png')),
  'a URL of the web': () => new URL(`${address}/photo.png`),
  'a data: URL': () => new URL(`data:image/png;base64,${png.toString('base64')}`),
  'a data: URL as text': () => `data:image/png;base64,${png.toString('base64')}`,
  'a blob: URL': () => new URL(URL.createObjectURL(new Blob([new Uint8Array(png)]))),
  'a Buffer': () => png,
  'a Uint8Array': () => new Uint8Array(png),
  'an ArrayBuffer': () => new Uint8Array(png).buffer,
  'a Blob': () => new Blob([new Uint8Array(png)]),
  'a File': () => new File([new Uint8Array(png)], 'photo.png'),
  ImageData: () => ({ width, height, data: rgba }),
  'a RasterImage': () => rgb,
};

const options = { model: 'mock', advanced: { trimap: 'mock', generator: 'mock' } };
const weights = { entropy: 1, compositional: 0, perceptual: 0, agreement: 0 };

/** Every call of an application that begins with a photo, with what else it needs. */
const calls: Record<string, (photo: main.PictureSource) => Promise<ArrayLike<number>>> = {
  cutOut: async (photo) => {
    const found = await main.cutOut(photo, { model: 'mock', advanced: { trimap: 'mock' } });
    return found.image.data;
  },
  matte: async (photo) => {
    const found = await main.matte(photo, { model: 'mock', advanced: { trimap: 'mock' } });
    return found.alpha.data;
  },
  enhancePortrait: async (photo) => {
    const advanced = { ...options.advanced, select: 'last' as const, weights };
    const found = await main.enhancePortrait(photo, { ...options, steps: 1, advanced });
    return found.after.image.data;
  },
  invertPortrait: async (photo) => {
    const found = await core.invertPortrait(photo, {
      generator: 'mock',
      steps: 1,
      weights: { perceptual: 0 },
    });
    return [found.psnr];
  },
  refineMatte: (photo) => main.refineMatte(photo, alpha, alpha).then(({ data }) => data),
  closedFormMatting: (photo) => core.closedFormMatting(photo, alpha).then(({ data }) => data),
  estimateForeground: (photo) =>
    main.estimateForeground(photo, alpha).then(({ foreground }) => foreground.data),
  cutOutWithMatte: (photo) => core.cutOutWithMatte(photo, alpha).then(({ data }) => data),
};

/** Sure on the left and on the right, soft between. */
const alpha: RasterImage = {
  width,
  height,
  channels: 1,
  data: new Float32Array(width * height).map((_, i) =>
    Math.min(1, Math.max(0, ((i % width) - 24) / 16)),
  ),
};

describe.each(Object.keys(calls))('%s', (name) => {
  let expected: ArrayLike<number>;
  beforeAll(async () => {
    expected = await calls[name]!(rgb);
  });

  it.each(Object.keys(sources))('takes %s', async (kind) => {
    expect(await calls[name]!(sources[kind]!())).toEqual(expected);
  });

  it('refuses what is no picture, with what to do', async () => {
    for (const wrong of [undefined, 7, {}, join(folder, 'nowhere.png'), new URL(`${address}/no`)]) {
      const error = await thrownBy(() => calls[name]!(wrong as string));
      expect(error).toBeInstanceOf(InvalidImageError);
      expect((error as InvalidImageError).remedy).not.toBe('');
    }
  });
});

describe('maps beside the photo', () => {
  it.each(['refineMatte', 'estimateForeground'])('%s reads them from files', async (name) => {
    const path = join(folder, 'alpha.png');
    await main.writeImage(path, alpha);
    const map = await main.readMap(path);
    const [file, pixels] = [
      ...(name === 'refineMatte'
        ? [main.refineMatte(png, path, pathToFileURL(path)), main.refineMatte(rgb, map, map)]
        : [
            main.estimateForeground(png, await readFile(path)).then((found) => found.foreground),
            main.estimateForeground(rgb, map).then((found) => found.foreground),
          ]),
    ];
    expect((await file!).data).toEqual((await pixels!).data);
  });
});

describe('addresses', () => {
  it('as text are refused: no text makes a program ask other machines', async () => {
    const error = await thrownBy(() => main.cutOut(`${address}/photo.png`));
    expect(error).toBeInstanceOf(InvalidImageError);
    expect((error as InvalidImageError).remedy).toContain('new URL(address)');
  });

  it('that answer with an error say which', async () => {
    const error = (await thrownBy(() => main.readImage(new URL(`${address}/gone.png`)))) as Error;
    expect(error.message).toContain('"gone.png" cannot be fetched (HTTP 404)');
    const closed = createServer();
    closed.listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address() as AddressInfo;
    closed.close();
    const refused = (await thrownBy(() =>
      main.readImage(new URL(`http://127.0.0.1:${port}/a.png`)),
    )) as Error;
    expect(refused.message).toContain('"a.png" cannot be fetched (connect ECONNREFUSED');
  });

  it('without end are read as far as a picture can be', async () => {
    const error = await thrownBy(() =>
      main.readImage(new URL(`${address}/endless`), { maxPixels: 100 }),
    );
    expect(error).toBeInstanceOf(core.ImageTooLargeError);
  });

  const { cutOut, matte, enhancePortrait, readImage } = main;
  it.each(Object.entries({ cutOut, matte, enhancePortrait, readImage }))(
    'that never answer are left when %s is cancelled',
    async (_, call) => {
      const stop = new AbortController();
      asked.push(() => stop.abort());
      const url = new URL(`${address}/silent`);
      const error = await thrownBy(() => call(url, { signal: stop.signal }));
      expect(error).toBeInstanceOf(AbortedError);
    },
  );
});

describe('enhancePortrait', () => {
  const advanced = { ...options.advanced, select: 'last' as const, weights };

  it('gives a cut-out before and after, as cutOut gives one', async () => {
    const found = await main.enhancePortrait(png, { ...options, steps: 1, advanced });
    const person = await main.cutOut(png, { model: 'mock', advanced: { trimap: 'mock' } });
    expect(Object.keys(found.before).sort()).toEqual(Object.keys(person).sort());
    expect(found.before.image.data).toEqual(person.image.data);
    expect(found.after.image.data).not.toEqual(person.image.data);
    for (const side of ['before', 'after'] as const) {
      const path = join(folder, `${side}.png`);
      await found[side].write(path);
      expect(await sharp(path).metadata()).toMatchObject({ width, height, channels: 4 });
      const blob = await found[side].toBlob('image/jpeg', { background: '#fff' });
      expect((await sharp(await blob.arrayBuffer()).metadata()).format).toBe('jpeg');
    }
  });

  it('says of a photo with transparent parts what it did, and cancelled gives the best so far', async () => {
    const clear = await sharp({
      create: { width, height, channels: 4, background: { r: 9, g: 9, b: 9, alpha: 0.5 } },
    })
      .composite([{ input: png, left: 0, top: 0 }])
      .extend({ right: 2, background: { r: 0, g: 0, b: 0, alpha: 0 } })
      .png()
      .toBuffer();
    const stop = new AbortController();
    const error = (await thrownBy(() =>
      main.enhancePortrait(clear, {
        ...options,
        steps: 50,
        advanced,
        signal: stop.signal,
        onProgress: () => stop.abort(),
      }),
    )) as AbortedError<main.NodeEnhancement>;
    expect(error).toBeInstanceOf(AbortedError);
    expect(error.best!.warnings[0]).toContain('transparent parts');
    expect((await error.best!.after.toBuffer('png')).length).toBeGreaterThan(100);
  });

  it('checks its options before it reads the photo', async () => {
    const error = await thrownBy(() => main.enhancePortrait('nowhere.png', { step: 1 } as never));
    expect((error as Error).message).toContain('Did you mean "steps"?');
  });
});
