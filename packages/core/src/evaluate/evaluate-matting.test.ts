import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { Enhancement } from '../enhance/types';
import { AbortedError, DatasetError, NoPersonError, WeightsError } from '../errors';
import { type FloatImage, type MattingModel, type RasterImage, SPEC_VERSION } from '../spec';
import { evaluateMatting } from './evaluate-matting';
import { matteWithTrimap } from './matte-with-trimap';
import type { EvaluateOptions, Evaluation, EvaluationSample } from './types';

beforeAll(() => tf.setBackend('cpu'));

const SIZE = 16;
const raster = (channels: 1 | 3, value: (index: number) => number): FloatImage => ({
  width: SIZE,
  height: SIZE,
  channels,
  data: Float32Array.from({ length: SIZE * SIZE * channels }, (_, index) => value(index)),
});
const image = raster(3, (i) => (i % 17) / 17);
const alpha = raster(1, (i) => (i % SIZE) / (SIZE - 1));
const trimap = raster(1, (i) => (i % SIZE < 4 ? 0 : i % SIZE < 12 ? 0.5 : 1));
const sample = (name: string): EvaluationSample => ({ name, image, alpha, trimap });

/** Halves the error of a matte that is off by 0.2. */
const enhance: NonNullable<EvaluateOptions['enhance']> = async (source) => {
  const off = (amount: number) => ({
    alpha: raster(1, (i) => Math.max(0, alpha.data[i]! - amount)),
    trimap,
    entropy: amount,
  });
  return {
    portrait: source as FloatImage,
    foreground: source as FloatImage,
    original: off(0.2),
    enhanced: off(0.1),
    history: [],
    bestStep: 4,
    psnr: Number.POSITIVE_INFINITY,
    seconds: 1,
    settings: {} as Enhancement['settings'],
    warnings: [],
  };
};

describe('evaluateMatting', () => {
  it('measures both versions and sums up', async () => {
    const onRow = vi.fn();
    const result = await evaluateMatting([sample('a'), sample('b')], { enhance, onRow });
    expect(result.rows.map((row) => row.name)).toEqual(['a', 'b']);
    expect(onRow).toHaveBeenCalledTimes(2);
    expect(result.rows[0]).toMatchObject({ psnr: Number.POSITIVE_INFINITY, ssim: 1, bestStep: 4 });
    expect(result.summary!.metrics.sad.percent).toBeCloseTo(-50, 0);
    expect(result.summary!.metrics.mse.wins).toBe(2);
  });

  it('measures the unknown region of a given trimap, or all', async () => {
    const measure = async (options: EvaluateOptions) =>
      (await evaluateMatting([sample('a')], { enhance, ...options })).rows[0]!.original.sad;
    expect(await measure({ region: 'image' })).toBeGreaterThan(await measure({}));
  });

  it('takes an async source and forwards the options', async () => {
    const spy = vi.fn(enhance);
    async function* source() {
      yield sample('a');
    }
    await evaluateMatting(source(), { enhance: spy, steps: 7, trimapSource: 'predicted' });
    expect(spy).toHaveBeenCalledWith(image, { steps: 7 });
  });

  it('lists pictures without a person and goes on', async () => {
    let seen = 0;
    const result = await evaluateMatting([sample('a'), sample('b')], {
      enhance: async (source, options) => {
        if (seen++ === 0) throw new NoPersonError('Nobody.', 'Use a portrait.');
        return enhance(source, options);
      },
    });
    expect(result.rows.map((row) => row.name)).toEqual(['b']);
    expect(result.failures).toEqual([
      { name: 'a', code: 'NO_PERSON', message: 'Nobody. Use a portrait.' },
    ]);
  });
  it('passes other errors on', async () => {
    const failing = () => Promise.reject(new WeightsError('Bad.', 'Mend.'));
    await expect(evaluateMatting([sample('a')], { enhance: failing })).rejects.toBeInstanceOf(
      WeightsError,
    );
  });

  it('gives what is done when it is stopped', async () => {
    const controller = new AbortController();
    const error = await evaluateMatting([sample('a'), sample('b'), sample('c')], {
      enhance,
      signal: controller.signal,
      onRow: (_, index) => index === 1 && controller.abort(),
    }).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(AbortedError);
    const { best } = error as AbortedError<Evaluation>;
    expect(best?.rows).toHaveLength(2);
    expect(best?.summary?.images).toBe(2);
  });

  it('refuses samples whose parts do not fit', async () => {
    const narrow: RasterImage = { ...alpha, width: 8, data: alpha.data.slice(0, 8 * SIZE) };
    await expect(evaluateMatting([{ ...sample('x'), alpha: narrow }], { enhance })).rejects.toThrow(
      /x: the alpha has 8 × 16/,
    );
    await expect(
      evaluateMatting([{ name: 'x', image, alpha }], { enhance, region: 'unknown' }),
    ).rejects.toBeInstanceOf(DatasetError);
  });

  it('judges with the given trimap and disposes only what it made', async () => {
    const model = fakeModel();
    const before = tf.memory().numTensors;
    const { rows, trimapSource } = await evaluateMatting([sample('a')], {
      enhance,
      reference: model,
      trimapSource: 'given',
    });
    expect(trimapSource).toBe('given');
    // The picture was not changed, so neither are the mattes.
    expect(rows[0]!.enhanced).toEqual(rows[0]!.original);
    expect(model.dispose).not.toHaveBeenCalled();
    expect(tf.memory().numTensors).toBe(before);
  });
});

const fakeModel = (input = { multipleOf: 1, min: 1, max: 64 }) => ({
  specVersion: SPEC_VERSION as typeof SPEC_VERSION,
  name: 'fake',
  license: 'MIT',
  needsTrimap: true,
  differentiable: 'image' as const,
  input,
  alpha: vi.fn<MattingModel['alpha']>(({ image: rgb }) => tf.mean(rgb, 3, true) as tf.Tensor4D),
  dispose: vi.fn(),
});

describe('matteWithTrimap', () => {
  it('keeps what the trimap knows and asks the model for the rest', async () => {
    const matte = await matteWithTrimap(fakeModel(), image, trimap);
    expect(matte.data[2]).toBe(0);
    expect(matte.data[14]).toBe(1);
    const expected = (image.data[15]! + image.data[16]! + image.data[17]!) / 3;
    expect(matte.data[5]).toBeCloseTo(expected, 5);
  });

  it('pads to the multiple the model wants', async () => {
    const model = fakeModel({ multipleOf: 24, min: 1, max: 64 });
    const matte = await matteWithTrimap(model, image, trimap);
    expect(model.alpha.mock.calls[0]![0].image.shape).toEqual([1, 24, 24, 3]);
    expect(matte).toMatchObject({ width: SIZE, height: SIZE });
    const plain = await matteWithTrimap(fakeModel(), image, trimap);
    for (const [i, value] of matte.data.entries()) expect(value).toBeCloseTo(plain.data[i]!, 5);
  });

  it('refuses a wrong shape and NaN', async () => {
    const model = fakeModel();
    model.alpha.mockImplementation(() => tf.zeros([1, 4, 4, 1]));
    await expect(matteWithTrimap(model, image, trimap)).rejects.toThrow(
      'returned alpha of shape [1, 4, 4, 1]',
    );
    model.alpha.mockImplementation(() => tf.fill([1, SIZE, SIZE, 1], Number.NaN));
    await expect(matteWithTrimap(model, image, trimap)).rejects.toThrow('NaN');
  });
});
