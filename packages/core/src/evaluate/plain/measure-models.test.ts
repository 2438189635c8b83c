import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import type { FloatImage, RasterImage } from '../../contracts';
import { AbortedError, InvalidOptionError } from '../../errors';
import { checkLeaks, mockMattingModel, mockTrimapModel } from '../../testing';
import { formatPlain } from './format';
import { measureModels } from './measure-models';
import { reducedPicture } from './picture';
import type { PlainEvaluation, PlainModel, PlainSample } from './types';

const SIDE = 64;

/** A bright square person on black, `inset` pixels from the border. */
function square(inset: number, channels: 1 | 3, side = SIDE): RasterImage {
  const data = new Uint8Array(side * side * channels);
  for (let i = 0; i < data.length; i++) {
    const pixel = Math.floor(i / channels);
    const [x, y] = [pixel % side, Math.floor(pixel / side)];
    const inside = Math.min(x, y, side - 1 - x, side - 1 - y) >= inset;
    data[i] = inside ? 255 : 0;
  }
  return { width: side, height: side, channels, data };
}

/** Alpha is the red channel: right where the picture shows the truth. */
const red = (name: string): PlainModel => ({
  name,
  matting: {
    ...mockMattingModel({ needsTrimap: false }),
    alpha({ image }) {
      const [batch, height, width] = image.shape;
      return tf.slice(image, [0, 0, 0, 0], [batch, height, width, 1]);
    },
  },
});
/** Finds nobody. */
const blind: PlainModel = {
  name: 'blind',
  matting: {
    ...mockMattingModel({ needsTrimap: false }),
    alpha: ({ image: { shape } }) => tf.zeros([shape[0], shape[1], shape[2], 1]),
  },
};

const sample = (name: string, shown = 16): PlainSample => ({
  name,
  image: square(shown, 3),
  alpha: square(16, 1),
});

eachBackend(() => {
  it('measures every model on every picture', async () => {
    const seen: string[] = [];
    const { leaked, error } = await checkLeaks(async () => {
      const { rows, summaries, failures } = await measureModels(
        [sample('a'), { name: 'b', load: async () => sample('b', 12) }],
        [red('red'), blind],
        { onRow: ({ picture, model }) => void seen.push(`${picture} ${model}`) },
      );
      expect(seen).toEqual(['a red', 'a blind', 'b red', 'b blind']);
      expect(failures).toEqual([]);
      expect(rows[0].whole).toEqual({ grad: 0, conn: 0, mse: 0, sad: 0 });
      expect(rows[0].unknown?.sad).toBe(0);
      expect(rows[0].iou).toBe(1);
      expect(rows[0].gross).toEqual({ lost: 0, kept: 0, failed: false });
      // The person is 32², the rest 64² − 32²; the second picture shows a square of 40².
      expect(rows[1].gross).toEqual({ lost: 1, kept: 0, failed: true });
      expect(rows[1].whole?.sad).toBeCloseTo(32 ** 2 / 1000);
      expect(rows[2].iou).toBeCloseTo(32 ** 2 / 40 ** 2);
      expect(rows[2].gross.kept).toBeCloseTo((40 ** 2 - 32 ** 2) / (64 ** 2 - 32 ** 2));
      expect(summaries.map(({ model, gross }) => [model, gross])).toEqual([
        ['red', ['b']],
        ['blind', ['a', 'b']],
      ]);
      const [first] = summaries;
      expect(first.whole?.sad.mean).toBeCloseTo(rows[2].whole!.sad / 2);
      expect(first.whole?.sad.worstDecile).toBe(rows[2].whole?.sad);
      expect(first.iou.worstDecile).toBe(rows[2].iou);
      expect(first.seconds).toBeGreaterThan(0);
    });
    if (error !== undefined) throw error;
    expect(leaked).toBe(0);
  });

  it('predicts a trimap for models that need one, and refuses those that have none', async () => {
    const matting = mockMattingModel();
    const { rows } = await measureModels([sample('a')], [{ matting, trimap: mockTrimapModel() }]);
    expect(rows[0].model).toBe(matting.name);
    await expect(measureModels([], [{ matting }])).rejects.toThrow(/no model predicts it/);
    await expect(measureModels([], [])).rejects.toThrow(InvalidOptionError);
    await expect(measureModels([], [red('one'), red('one')])).rejects.toThrow(/named "one"/);
    await expect(measureModels([], [blind], { size: 0 })).rejects.toThrow(InvalidOptionError);
  });

  it('compares with hard masks by overlap alone', async () => {
    const hard = { name: 'a', image: square(16, 3), mask: square(16, 1) };
    const evaluation = await measureModels([hard], [red('red')]);
    expect(evaluation.rows[0]).not.toHaveProperty('whole');
    expect(evaluation.rows[0].iou).toBe(1);
    const table = formatPlain(evaluation);
    expect(table).toMatch(/^\| network \| IoU \| gross failures \| seconds \|\n\| --- \| ---: \|/);
    expect(table).toContain('| red | 1.000 (1.000) | 0 of 1 |');
    expect(formatPlain(await measureModels([sample('a')], [blind]))).toContain('| 1.02 (1.02) |');
  });

  it('reduces pictures, mattes and trimaps to one size', () => {
    const large: PlainSample = {
      name: 'a',
      image: square(32, 3, 128),
      alpha: square(32, 1, 128),
      trimap: { ...square(32, 1, 128), data: square(32, 1, 128).data.map((x) => (x ? 255 : 128)) },
    };
    const sizes = ({ width, height }: FloatImage) => [width, height];
    const picture = reducedPicture(large, 64);
    expect([picture.image, picture.truth, picture.trimap!].map(sizes)).toEqual(
      Array.from({ length: 3 }, () => [64, 64]),
    );
    expect([...new Set(picture.trimap!.data)]).toEqual([0.5, 1]);
    expect(reducedPicture(large, 512).image.width).toBe(128);
  });

  it('lists what cannot be measured, and goes on', async () => {
    const broken: PlainModel = {
      name: 'broken',
      matting: {
        ...blind.matting,
        alpha: ({ image }) => tf.fill(image.shape, Number.NaN) as tf.Tensor4D,
      },
    };
    const neither: PlainSample = { name: 'neither', image: square(16, 3) };
    const nobody: PlainSample = { name: 'nobody', image: square(16, 3), alpha: square(64, 1) };
    const { rows, failures, summaries } = await measureModels(
      [neither, nobody, sample('a')],
      [broken, blind],
    );
    expect(failures.map(({ name, model, code }) => [name, model, code])).toEqual([
      ['neither', undefined, 'DATASET'],
      ['nobody', undefined, 'DATASET'],
      ['a', 'broken', 'MODEL_OUTPUT'],
    ]);
    expect(rows.map(({ model }) => model)).toEqual(['blind']);
    expect(summaries).toHaveLength(1);
  });

  it('stops, with what is done', async () => {
    const controller = new AbortController();
    const stopped = measureModels([sample('a'), sample('b')], [blind], {
      signal: controller.signal,
      onRow: () => controller.abort(),
    });
    const error = await stopped.catch((reason: unknown) => reason);
    expect(AbortedError.isInstance(error)).toBe(true);
    expect((error as AbortedError<PlainEvaluation>).best?.rows).toHaveLength(1);
  });
}, ['cpu']);
