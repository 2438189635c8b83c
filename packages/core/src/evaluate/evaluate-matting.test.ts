import '@tensorflow/tfjs-backend-cpu';
import '../gradients';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import {
  type FloatImage,
  type GeneratorContext,
  type MattingModel,
  type RasterImage,
  SPEC_VERSION,
} from '../contracts';
import type { Enhancement } from '../enhance/types';
import { AbortedError, InvalidImageError, NoPersonError, WeightsError } from '../errors';
import { toFloatImage } from '../imaging/raster';
import { matteWithTrimap } from '../prediction/matte-with-trimap';
import { registerMattingModel } from '../registry';
import { mockGenerator, mockMattingModel, mockPortrait, mockTrimapModel } from '../testing';
import { evaluateMatting } from './evaluate-matting';
import type { EvaluateOptions } from './options';
import { transferRow } from './transfer';
import type { Evaluation, EvaluationSample } from './types';

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
  const foreground = source as FloatImage;
  const cutOut = (amount: number) => ({
    alpha: off(amount).alpha,
    foreground,
    confidence: 1,
    turned: 0 as const,
    warnings: [],
  });
  return {
    portrait: source as FloatImage,
    foreground,
    alpha: off(0.1).alpha,
    before: cutOut(0.2),
    after: cutOut(0.1),
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

  it('tells of a trimap whose grey levels it had to read as others', async () => {
    const grey = raster(1, (i) => (trimap.data[i] === 0.5 ? 120 / 255 : trimap.data[i]!));
    const { rows } = await evaluateMatting([{ ...sample('a'), trimap: grey }, sample('b')], {
      enhance,
    });
    const unknown = trimap.data.filter((value) => value === 0.5).length;
    expect(rows[0]!.warnings).toEqual([
      expect.stringMatching(`^${unknown} of ${SIZE ** 2} pixels`),
    ]);
    expect(rows[0]!.original).toEqual(rows[1]!.original);
    expect(rows[1]!.warnings).toBeUndefined();
  });

  it('lets other models judge both versions, each with trimaps as the options say', async () => {
    // Sees what is bright; the portrait is darker by 0.1 where it is unknown.
    const darker: NonNullable<EvaluateOptions['enhance']> = async (source, options) => ({
      ...(await enhance(source, options)),
      portrait: { ...image, data: image.data.map((value) => Math.max(0, value - 0.1)) },
    });
    const judge = mockMattingModel({ name: 'judge', needsTrimap: false });
    const withTrimap = mockMattingModel({ name: 'with-trimap' });
    const options = {
      enhance: darker,
      model: mockMattingModel(),
      transferTo: [judge, withTrimap],
      advanced: { trimap: mockTrimapModel() },
    };
    const given = await evaluateMatting([sample('a')], { ...options, trimapSource: 'given' });
    const predicted = await evaluateMatting([sample('a')], options);
    for (const { rows } of [given, predicted]) {
      const { judges } = rows[0]!;
      expect(Object.keys(judges!)).toEqual(['judge', 'with-trimap']);
      expect(judges!.judge!.enhanced.sad).not.toBe(judges!.judge!.original.sad);
    }
    expect(given.rows[0]!.judges!.judge).toEqual(predicted.rows[0]!.judges!.judge);
    expect(given.rows[0]!.judges!['with-trimap']).not.toEqual(
      predicted.rows[0]!.judges!['with-trimap'],
    );
    const { cells } = transferRow('made-for', predicted.rows);
    expect(cells['made-for']!.percent.sad).toBeCloseTo(-50, 0);
    const { original, enhanced } = predicted.rows[0]!.judges!.judge!;
    expect(cells.judge!.percent.sad).toBeCloseTo(
      (100 * (enhanced.sad - original.sad)) / original.sad,
    );
    expect(cells.judge!.harmed).toBe(enhanced.sad > 1.02 * original.sad ? 1 : 0);
  });

  it('counts who is harmed by the rise of SAD of each picture', () => {
    const errors = (sad: number) => ({ grad: 1, conn: 1, mse: 1, sad });
    const row = (before: number, after: number) => ({
      ...{ name: '', original: errors(1), enhanced: errors(1), psnr: 45, ssim: 1, seconds: 1 },
      bestStep: 1,
      judges: { other: { original: errors(before), enhanced: errors(after) } },
    });
    const rows = [row(1, 1.01), row(1, 1.03), row(0, 0.1), row(10, 5)];
    const { cells } = transferRow('mine', rows);
    expect(cells.other).toMatchObject({ images: 4, harmed: 0.5 });
    expect(cells.other!.percent.sad).toBeCloseTo((100 * (7.14 - 12)) / 12);
    expect(cells.mine).toMatchObject({ images: 4, harmed: 0, percent: { sad: 0 } });
  });

  it('measures as the authors of the paper do when asked, with what their code prints beside', async () => {
    const options = { enhance, protocol: 'official' } as const;
    const { rows, summary } = await evaluateMatting([sample('a')], options);
    const [{ original, enhanced, official }] = rows as [(typeof rows)[number]];
    expect(original).toEqual(official!.original.plain);
    expect(enhanced.sad).toBeLessThan(original.sad);
    expect(official!.original.asRun.sad).toBeGreaterThan(original.sad);
    expect(official!.original.asRun.grad).toBe(original.grad);
    expect(summary!.metrics.sad.original).toBe(original.sad);
    const refused = evaluateMatting([sample('a')], { ...options, region: 'unknown' });
    await expect(refused).rejects.toThrow('measures whole pictures');
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

  const codes = async (samples: Parameters<typeof evaluateMatting>[0], options = {}) => {
    const { rows, failures } = await evaluateMatting(samples, { enhance, ...options });
    expect(rows.map(({ name }) => name)).toEqual(['good']);
    return failures;
  };

  it('lists samples whose parts do not fit and measures the others', async () => {
    const narrow: RasterImage = { ...alpha, width: 8, data: alpha.data.slice(0, 8 * SIZE) };
    const bad = [
      { ...sample('alpha'), alpha: narrow },
      { ...sample('trimap'), trimap: narrow },
    ];
    const onFailure = vi.fn();
    const failures = await codes([bad[0]!, sample('good'), bad[1]!], { onFailure });
    expect(failures.map(({ code }) => code)).toEqual(['DATASET', 'DATASET']);
    expect(failures[0]!.message).toMatch(/alpha: the alpha has 8 × 16 pixels, the image 16 × 16/);
    expect(failures[1]!.message).toContain('the trimap has 8 × 16');
    expect(onFailure).toHaveBeenCalledTimes(2);
  });

  it.each(['unknown', 'given'])('lists samples without a trimap for "%s"', async (what) => {
    const options = what === 'given' ? { trimapSource: what } : { region: what };
    const reference = fakeModel();
    const [failure] = await codes([{ name: 'x', image, alpha }, sample('good')], {
      ...options,
      model: reference,
      advanced: { trimap: mockTrimapModel() },
    });
    expect(failure).toMatchObject({ name: 'x', code: 'DATASET' });
  });

  it('refuses a true matte that is 0 or 1 everywhere, of any depth', async () => {
    const flat = (data: RasterImage['data']): RasterImage => ({ ...alpha, data });
    const failures = await codes([
      { ...sample('black'), alpha: flat(new Uint8Array(SIZE * SIZE)) },
      { ...sample('white'), alpha: flat(new Uint16Array(SIZE * SIZE).fill(65535)) },
      sample('good'),
      { ...sample('almost'), alpha: flat(new Float32Array(SIZE * SIZE).fill(0.999)) },
    ]);
    expect(failures.map(({ name }) => name)).toEqual(['black', 'white', 'almost']);
    expect(failures[0]!.message).toContain('0 everywhere, so there is nobody to cut out');
    expect(failures[1]!.message).toContain('1 everywhere, so there is no background');
  });

  it('measures 16-bit mattes as 8-bit ones', async () => {
    const bytes = Uint8Array.from(alpha.data, (value) => Math.round(255 * value));
    const of = async (data: RasterImage['data']) =>
      (await evaluateMatting([{ ...sample('a'), alpha: { ...alpha, data } }], { enhance })).rows[0];
    const deep = await of(Uint16Array.from(bytes, (value) => value * 257));
    expect(deep!.original).toEqual((await of(bytes))!.original);
  });

  it('reads pending samples one at a time; one that cannot be read is a failure', async () => {
    const events: string[] = [];
    const pending = (name: string) => ({
      name,
      async load() {
        events.push(`load ${name}`);
        if (name === 'bad') throw new InvalidImageError('Damaged.', 'Copy it again.');
        return sample(name);
      },
    });
    const [failure] = await codes([pending('bad'), pending('good')], {
      onRow: () => events.push('row'),
      onFailure: () => events.push('failure'),
    });
    expect(failure).toEqual({
      name: 'bad',
      code: 'INVALID_IMAGE',
      message: 'Damaged. Copy it again.',
    });
    expect(events).toEqual(['load bad', 'failure', 'load good', 'row']);
  });

  it('sums up the hardest quarter and each tag', async () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const { groups } = await evaluateMatting(
      names.map((name, i) => ({
        ...sample(name),
        alpha: raster(1, (k) => Math.min(1, alpha.data[k]! + (i % 3) / 20)),
        tags: i > 2 ? ['profile'] : [],
      })),
      { enhance },
    );
    expect(groups.map(({ name, pictures }) => [name, pictures])).toEqual([
      ['hardest', ['b', 'c']],
      ['profile', ['d', 'e']],
    ]);
    expect(groups[1]!.summary.images).toBe(2);
  });

  it('judges with the given trimap and disposes only what it made', async () => {
    const model = fakeModel();
    const before = tf.memory().numTensors;
    const { rows, trimapSource } = await evaluateMatting([sample('a')], {
      enhance,
      model: model,
      trimapSource: 'given',
      judgeTarget: true,
      advanced: { trimap: mockTrimapModel() },
    });
    expect(trimapSource).toBe('given');
    // The picture was not changed, so neither are the mattes.
    expect(rows[0]!.enhanced).toEqual(rows[0]!.original);
    // Colour curves change what this model sees, so the target says something else.
    expect(rows[0]!.target!.sad).not.toBe(rows[0]!.original.sad);
    expect(model.dispose).not.toHaveBeenCalled();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('with models', () => {
  it('knows an unchanged 8-bit picture', async () => {
    const bytes: RasterImage = {
      ...image,
      data: Uint8Array.from(image.data, (value) => Math.round(255 * value)),
    };
    const { rows, summary } = await evaluateMatting([{ ...sample('a'), image: bytes }], {
      enhance: async (source, options) => ({
        ...(await enhance(source, options)),
        portrait: toFloatImage(source),
      }),
    });
    expect(rows[0]!.psnr).toBe(Number.POSITIVE_INFINITY);
    expect(summary).toMatchObject({ unchanged: 1, psnr: null, lowestPsnr: null });
  });

  const portrait = mockPortrait(64, 48);
  const truth: FloatImage = {
    ...portrait,
    channels: 1,
    data: Float32Array.from({ length: 64 * 48 }, (_, i) => (portrait.data[3 * i]! > 0.5 ? 1 : 0)),
  };
  const real = { name: 'p', image: portrait, alpha: truth };

  it('loads the models once, measures the target, and frees everything', async () => {
    const create = vi.fn(() => ({ ...mockMattingModel(), dispose: vi.fn() }));
    registerMattingModel('counted', create);
    const options: EvaluateOptions = {
      model: 'counted',
      steps: 1,
      workingSize: 64,
      judgeTarget: true,
      advanced: {
        trimap: mockTrimapModel(),
        generator: ({ image: start }) => mockGenerator({ image: start }),
      },
    };
    const before = tf.memory().numTensors;
    const { rows, summary } = await evaluateMatting([real, { ...real, name: 'q' }], options);
    expect(tf.memory().numTensors).toBe(before);
    expect(create).toHaveBeenCalledTimes(1);
    expect(create.mock.results[0]!.value.dispose).toHaveBeenCalledTimes(1);
    // The same picture: the same figures, whatever came before it.
    expect({ ...rows[1], name: 'p', seconds: 0 }).toEqual({ ...rows[0], seconds: 0 });
    const { target } = summary!.metrics.sad;
    expect(target!.mean).toBeCloseTo(rows[0]!.target!.sad, 12);
    expect(target!.enhancedAgainst.delta).toBeCloseTo(
      summary!.metrics.sad.enhanced - target!.mean,
      12,
    );
  });

  it('goes on after NaN from a model, and ends when there is no such model', async () => {
    const mock = mockMattingModel();
    const alpha = vi
      .fn(mock.alpha)
      .mockImplementationOnce(({ image: rgb }) =>
        tf.fill([...rgb.shape.slice(0, 3), 1] as [number, number, number, 1], Number.NaN),
      );
    const model = { ...mock, alpha };
    const generator = ({ image: start }: GeneratorContext) => mockGenerator({ image: start });
    const advanced = { trimap: mockTrimapModel(), generator };
    const options = { steps: 0, workingSize: 64, advanced };
    const before = tf.memory().numTensors;
    const result = await evaluateMatting([{ ...real, name: 'nan' }, real], {
      ...options,
      model,
    });
    expect(result.failures).toMatchObject([{ name: 'nan', code: 'MODEL_OUTPUT' }]);
    expect(result.rows).toHaveLength(1);
    await expect(evaluateMatting([real], { ...options, model: 'none' })).rejects.toThrow(
      'no matting model called "none"',
    );
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
