import { eachBackend } from '@latent-matte/test-kit/each-backend';
import { knowsOnlyUpright, turnedClockwise } from '@latent-matte/test-kit/turned-photos';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { MattingModel, RasterImage } from '../contracts';
import {
  AbortedError,
  ImageTooLargeError,
  ImageTooSmallError,
  InvalidImageError,
  InvalidOptionError,
  ModelOutputError,
  NoPersonError,
  UnknownModelError,
} from '../errors';
import { isOfRows } from '../imaging/picture-rows';
import { EDGE_SHARE } from '../prediction/edge-look';
import { mattingModels, registerMattingModel } from '../registry';
import { checkLeaks, mockMattingModel, mockPortrait, mockTrimapModel } from '../testing';
import { cutOut } from './cut-out';
import { matte } from './matte';
import type { CutOutPreview } from './types';

/** Right about `mockPortrait`, and as decided as a trained network. */
const model: MattingModel = {
  ...mockMattingModel({ needsTrimap: false, tilt: 0 }),
  alpha: ({ image }) =>
    tf.tidy(() =>
      tf.sigmoid(tf.mul(tf.sub(tf.mean(image, 3, true), 0.5), 40)),
    ) as unknown as tf.Tensor4D,
};
const answering = (alpha: (size: tf.Tensor4D) => tf.Tensor): MattingModel => ({
  ...mockMattingModel({ needsTrimap: false, name: 'odd' }),
  alpha: ({ image }) => tf.tidy(() => alpha(tf.mean(image, 3, true))) as tf.Tensor4D,
});
const photo = mockPortrait(90, 120);
const at = ({ data, width, channels }: RasterImage, x: number, y: number): number[] =>
  Array.from(data.slice((y * width + x) * channels, (y * width + x + 1) * channels));

/** Expects no tensor left behind, and no error. */
async function expectClean(run: () => Promise<void>): Promise<void> {
  const { leaked, error } = await checkLeaks(run);
  if (error !== undefined) throw error;
  expect(leaked).toBe(0);
}

eachBackend(() => {
  describe('cutOut', () => {
    it('gives the person at the size of the photo, without what was behind', async () => {
      const big = mockPortrait(300, 400);
      const found = await cutOut(big, { model, advanced: { workingSize: 128 } });
      expect(found.image).toMatchObject({ width: 300, height: 400, channels: 4 });
      expect(found.alpha).toMatchObject({ width: 300, height: 400, channels: 1 });
      expect(found.foreground).toMatchObject({ width: 300, height: 400, channels: 3 });
      // Head, corner: exactly opaque and exactly transparent, so that no haze is left.
      expect(at(found.alpha, 160, 160)).toEqual([1]);
      expect(at(found.image, 160, 160)).toEqual([...at(found.foreground, 160, 160), 1]);
      expect(at(found.image, 5, 5)[3]).toBe(0);
      expect(found.confidence).toBeGreaterThan(0.5);
      expect(found.warnings).toEqual([]);
      // On the outline the photo is half dark background; the foreground is bright.
      const edge = found.alpha.data.findIndex((value) => Math.abs(value - 0.5) < 0.1);
      expect(found.foreground.data[edge * 3]!).toBeGreaterThan(big.data[edge * 3]! + 0.05);
    });

    it('looks again at the person alone, closer, where they fill little of the photo', async () => {
      const [width, height] = [600, 400];
      const around = new Float32Array(width * height * 3).fill(0.1);
      const person = mockPortrait(120, 160);
      for (let y = 0; y < person.height; y++) {
        const row = person.data.subarray(y * person.width * 3, (y + 1) * person.width * 3);
        around.set(row, ((240 + y) * width + 400) * 3);
      }
      const scene = { width, height, channels: 3 as const, data: around };
      const sizes: number[][] = [];
      const watched: MattingModel = {
        ...model,
        alpha: (input) => {
          sizes.push(input.image.shape.slice(1, 3));
          return model.alpha(input);
        },
      };
      const advanced = { workingSize: 192 };
      const once = await matte(scene, { model: watched, advanced, secondLook: false });
      expect(sizes).toEqual([[128, 192]]);
      const twice = await matte(scene, { model: watched, advanced });
      expect(sizes).toHaveLength(3);
      expect(Math.max(...sizes[2]!)).toBe(192);
      // What the model says of the photo at its own size.
      const truth = await matte(scene, { model, refine: false, advanced: { workingSize: 640 } });
      const distance = ({ alpha }: typeof truth) =>
        alpha.data.reduce((sum, value, i) => sum + Math.abs(value - truth.alpha.data[i]!), 0);
      expect(distance(twice)).toBeLessThan(0.7 * distance(once));
      expect(twice.alpha).toMatchObject({ width, height, channels: 1 });
      // Of the closer look, whose matte it is.
      expect(twice.confidence).toBeGreaterThan(once.confidence);
    });

    it('looks once more at the edges alone, larger, with its own matte as trimap', async () => {
      const looks: { size: number[]; trimap: Float32Array | undefined }[] = [];
      const takesTrimap: MattingModel = {
        ...model,
        takesTrimap: true,
        alpha: ({ image, trimap }) => {
          looks.push({
            size: image.shape.slice(1, 3),
            trimap: trimap && (trimap.dataSync() as Float32Array),
          });
          // Half of what it says without.
          const alpha = model.alpha({ image });
          return trimap ? tf.tidy(() => tf.mul<tf.Tensor4D>(alpha, 0.5)) : alpha;
        },
      };
      const advanced = { workingSize: 96 };
      const options = { model: takesTrimap, advanced, refine: false, secondLook: false };
      const once = await matte(photo, { ...options, edgeLook: false });
      expect(looks.map((look) => look.trimap)).toEqual([undefined]);
      const again = await matte(photo, options);
      const [, first, edges] = looks;
      expect(first!.trimap).toBeUndefined();
      expect(Math.max(...edges!.size)).toBe(1.5 * Math.max(...first!.size));
      // The head, the corner, and what lies between; mirrored.
      const [height, width] = edges!.size as [number, number];
      const trimapAt = (x: number, y: number) =>
        edges!.trimap![Math.floor(y * height) * width + width - 1 - Math.floor(x * width)];
      expect([trimapAt(0.5, 0.4), trimapAt(0.05, 0.05)]).toEqual([1, 0]);
      expect(edges!.trimap!.filter((level) => level === 0.5).length).toBeGreaterThan(100);
      const sum = ({ alpha }: typeof once) => alpha.data.reduce((total, value) => total + value, 0);
      expect(sum(again) / sum(once)).toBeCloseTo(1 - EDGE_SHARE / 2, 2);
      // One that needs no trimap and takes none is not asked; nor is one that cannot see larger.
      looks.length = 0;
      await matte(photo, { ...options, model: { ...takesTrimap, takesTrimap: false } });
      const small = { ...takesTrimap.input, max: Math.max(...first!.size) };
      await matte(photo, { ...options, model: { ...takesTrimap, input: small } });
      expect(looks).toHaveLength(2);
    });

    it.each([90, 180, 270] as const)(
      'finds a person in a photo that has to be turned by %i',
      async (degrees) => {
        const asked: boolean[] = [];
        const uprightOnly = knowsOnlyUpright(model, asked);
        const lying = turnedClockwise(photo, (360 - degrees) / 90);
        const upright = await matte(photo, { model: uprightOnly });
        expect(upright).toMatchObject({ turned: 0, warnings: [] });
        asked.length = 0;
        const told: number[] = [];
        const onProgress = (done: number) => void told.push(done);
        const found = await matte(lying, { model: uprightOnly, onProgress });
        expect(found.turned).toBe(degrees);
        expect(found.warnings).toEqual([expect.stringContaining(`turned by ${degrees} degrees`)]);
        expect(told).toEqual([...told].sort((a, b) => a - b));
        // The edges too.
        expect(asked).toEqual([true]);
        const back = turnedClockwise(found.alpha, degrees / 90);
        expect(back).toMatchObject({ width: photo.width, height: photo.height });
        const worst = back.data.reduce(
          (most, value, i) => Math.max(most, Math.abs(value - upright.alpha.data[i]!)),
          0,
        );
        expect(worst).toBeLessThan(0.02);
        const untried = await matte(lying, { model: uprightOnly, turnedLooks: false });
        expect(untried.turned).toBe(0);
        expect(untried.confidence).toBeLessThan(0.5);
      },
    );

    it('says so where edges were to be looked at and cannot be', async () => {
      const advanced = { workingSize: 96 };
      const unread = async (edgeLook: boolean | undefined, asked: MattingModel) =>
        (await matte(photo, { model: asked, advanced, edgeLook })).warnings.filter((warning) =>
          warning.startsWith('edgeLook was given, but nothing reads it: '),
        ).length;
      const takesTrimap: MattingModel = { ...model, takesTrimap: true };
      const small: MattingModel = { ...takesTrimap, input: { ...model.input, max: 96 } };
      expect(await unread(true, model)).toBe(1);
      expect(await unread(true, small)).toBe(1);
      expect(await unread(true, takesTrimap)).toBe(0);
      // On by itself, or not wanted: nothing that could not be done.
      expect(await unread(undefined, model)).toBe(0);
      expect(await unread(false, model)).toBe(0);
    });

    it('shows the first look before the closer ones, in memory of its own', async () => {
      const big = mockPortrait(300, 400);
      const previews: CutOutPreview[] = [];
      const told: number[] = [];
      const options = { model, advanced: { workingSize: 128 } };
      const found = await cutOut(big, {
        ...options,
        onProgress: (done) => told.push(done),
        onPreview: (preview) => {
          previews.push(preview);
          told.push(-1);
          // As a worker does that sends it away.
          preview.alpha.data.fill(Number.NaN);
          preview.foreground.data.fill(Number.NaN);
          expect(preview.image.data.some(Number.isNaN)).toBe(false);
        },
      });
      expect(previews).toHaveLength(1);
      const [{ alpha, foreground, image }] = previews as [CutOutPreview];
      expect(alpha).toMatchObject({ width: 96, height: 128, channels: 1 });
      expect(foreground).toMatchObject({ width: 96, height: 128, channels: 3 });
      expect(image).toMatchObject({ width: 96, height: 128, channels: 4 });
      // The head, and a corner.
      expect(at(image, 51, 51)[3]).toBeGreaterThan(0.99);
      expect(at(image, 2, 2)[3]).toBeLessThan(0.05);
      // Before half of the matte was done.
      expect(told.indexOf(-1)).toBeLessThan(told.findIndex((done) => done >= 0.2));
      const plain = await cutOut(big, options);
      expect(found.image.data.every((value, i) => value === plain.image.data[i])).toBe(true);
    });

    it('is the same for bytes and floats, and leaves the photo alone', async () => {
      const bytes = {
        ...photo,
        data: Uint8Array.from(photo.data, (value) => Math.round(value * 255)),
      };
      const copy = bytes.data.slice();
      const fromBytes = await cutOut(bytes, { model });
      expect(bytes.data).toEqual(copy);
      const floats = { ...photo, data: Float32Array.from(copy, (value) => value / 255) };
      const fromFloats = await cutOut(floats, { model });
      const worst = fromBytes.image.data.reduce(
        (most, value, i) => Math.max(most, Math.abs(value - fromFloats.image.data[i]!)),
        0,
      );
      expect(worst).toBeLessThan(1e-4);
    });

    it('gives pixels that are made when they are read, whatever became of the photo by then', async () => {
      const bytes = () => ({
        ...photo,
        data: Uint8Array.from(photo.data, (value) => Math.round(value * 255)),
      });
      const kept = await cutOut(bytes(), { model });
      const spoilt = bytes();
      const found = await cutOut(spoilt, { model });
      spoilt.data.fill(0);
      expect(isOfRows(found.image) && isOfRows(found.foreground)).toBe(true);
      expect(found.foreground.data).toEqual(kept.foreground.data);
      expect(found.image.data).toEqual(kept.image.data);
    });

    it('lays the person on a colour or a picture', async () => {
      const onColor = await cutOut(photo, { model, background: '#f00' });
      expect(onColor.image).toMatchObject({ width: 90, height: 120, channels: 3 });
      expect(at(onColor.image, 2, 2)).toEqual([1, 0, 0]);
      const background = {
        width: 4,
        height: 2,
        channels: 1,
        data: new Uint8Array(8).fill(51),
      } as const;
      const onPicture = await cutOut(photo, { model, background });
      for (const value of at(onPicture.image, 2, 2)) expect(value).toBeCloseTo(0.2, 5);
      expect(at(onPicture.image, 48, 48)).toEqual(at(onColor.image, 48, 48));
    });

    it('asks a trimap model where the matting model needs one', async () => {
      const found = await cutOut(photo, {
        model: mockMattingModel(),
        advanced: { trimap: mockTrimapModel() },
      });
      expect(at(found.alpha, 48, 48)[0]).toBeGreaterThan(0.95);
    });

    it('takes models and estimators by name or as objects, and frees what it made', async () => {
      let alive = 0;
      registerMattingModel('counted', () => {
        alive++;
        return { ...model, dispose: () => void alive-- };
      });
      await expectClean(async () => {
        await cutOut(photo, { model: 'counted', foreground: 'blur-fusion', refine: true });
        await expect(
          cutOut(photo, { model: 'counted', foreground: 'none of these' }),
        ).rejects.toThrow(UnknownModelError);
      });
      expect(alive).toBe(0);
    });

    it('tells how far it is, and stops when told', async () => {
      const told: number[] = [];
      await cutOut(photo, { model, onProgress: (done) => told.push(done) });
      expect(told[0]).toBe(0);
      expect(told.at(-1)).toBe(1);
      expect(told).toEqual([...told].sort((a, b) => a - b));
      const controller = new AbortController();
      const stopped = cutOut(photo, {
        model,
        signal: controller.signal,
        onProgress: (done) => done > 0.2 && controller.abort(),
      });
      await expect(stopped).rejects.toThrow(AbortedError);
    });

    it('warns when it is unsure, and refuses next to nothing', async () => {
      const grey = { ...photo, data: photo.data.map((value) => value * 0.4 + 0.3) };
      const unsure = await cutOut(grey, {
        model: answering((mean) => tf.clipByValue(mean, 0.2, 0.8)),
      });
      expect(unsure.confidence).toBeLessThan(0.5);
      expect(unsure.warnings).toEqual([expect.stringContaining('no photograph of a person')]);
      await expect(
        cutOut(photo, { model: answering((mean) => tf.zerosLike(mean)) }),
      ).rejects.toThrow(NoPersonError);
    });

    it.each<[string, (mean: tf.Tensor4D) => tf.Tensor, string]>([
      ['0…255', (mean) => tf.mul(mean, 255), 'range: [0, 255]'],
      ['log-odds', (mean) => tf.mul(tf.sub(mean, 0.5), 20), "activation: 'sigmoid'"],
      ['a sigmoid of alpha', (mean) => tf.sigmoid(mean), "Leave out activation: 'sigmoid'"],
      ['NaN', (mean) => tf.log(tf.sub(mean, 2)), 'NaN or infinity in its alpha'],
      ['three channels', (mean) => tf.tile(mean, [1, 1, 1, 3]), 'of shape'],
    ])('refuses a model that answers %s, by its name', async (_, alpha, message) => {
      await expectClean(async () => {
        const refused = cutOut(photo, { model: answering(alpha) });
        await expect(refused).rejects.toThrow(ModelOutputError);
        await expect(refused).rejects.toThrow('"odd"');
        await expect(refused).rejects.toThrow(message);
      });
    });

    it('takes a prior for models that hear one', async () => {
      const prior = mockMattingModel({ needsTrimap: false, name: 'hint' });
      let heard: string | undefined;
      registerMattingModel('listens', (context) => {
        heard = context?.prior?.name;
        return { ...model, prior: context?.prior?.name };
      });
      registerMattingModel('deaf', () => model);
      expect(mattingModels.has('listens')).toBe(true);
      await cutOut(photo, { model: 'listens', prior });
      expect(heard).toBe('hint');
      await expect(cutOut(photo, { model: 'deaf', prior })).rejects.toThrow('takes no prior');
      await expect(cutOut(photo, { model, prior })).rejects.toThrow('model as an object');
    });
  });

  describe('matte', () => {
    it('is the alpha of the cut-out', async () => {
      const { alpha, confidence } = await matte(photo, { model });
      const found = await cutOut(photo, { model });
      expect(alpha.data).toEqual(found.alpha.data);
      expect(confidence).toBe(found.confidence);
    });

    it('takes no option of cutOut alone', async () => {
      await expect(matte(photo, { model, background: '#fff' } as never)).rejects.toThrow(
        'matte has no option "background"',
      );
    });
  });
});

describe('wrong arguments', () => {
  const refused = async (photo: unknown, options?: unknown): Promise<unknown> =>
    await cutOut(photo as RasterImage, options as never).catch((error: unknown) => error);

  it.each<[string, unknown, string]>([
    ['a mistyped key', { backgroud: '#fff' }, 'Did you mean "background"?'],
    ['an advanced option outside', { workingSize: 512 }, 'advanced.workingSize'],
    ['an outer option in advanced', { advanced: { model: 'x' } }, 'outside of advanced'],
    ['onProgress: true', { onProgress: true }, 'onProgress is true. Give a function.'],
    ['signal: true', { signal: true }, 'AbortController'],
    ['refine: 1', { refine: 1 }, 'refine is 1'],
    ['a colour by name', { background: 'red' }, '"#1e90ff"'],
    ['a photo as options', { width: 1, height: 1, data: [] }, 'has no option "width"'],
    ['no object', 'portrait-matte', 'options is "portrait-matte"'],
  ])('%s is an option error', async (_, options, message) => {
    const error = await refused(photo, options);
    expect(error).toBeInstanceOf(InvalidOptionError);
    expect((error as Error).message).toContain(message);
  });

  it.each<[string, unknown, new (...args: never[]) => Error]>([
    ['undefined', undefined, InvalidImageError],
    ['null', null, InvalidImageError],
    ['options instead of a photo', { model: 'portrait-matte' }, InvalidImageError],
    ['too few values', { ...photo, width: 91 }, InvalidImageError],
    ['a strip', mockPortrait(200, 8), ImageTooSmallError],
    // Refused by its size alone: nothing of that size is allocated.
    [
      'a huge one',
      { width: 1e4, height: 1e4, channels: 3, data: new Uint8Array(3) },
      ImageTooLargeError,
    ],
  ])('%s is an image error', async (_, given, kind) => {
    expect(await refused(given)).toBeInstanceOf(kind);
  });

  it('a background that is no picture is an image error', async () => {
    expect(await refused(photo, { background: { width: 3 } })).toBeInstanceOf(InvalidImageError);
  });
});
