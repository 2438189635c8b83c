import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import type { MattingModel } from '../contracts';
import { AbortedError } from '../errors';
import { checkLeaks, mockMattingModel, mockTrimapModel } from '../testing';
import { mockComposite } from '../testing/mock-composite';
import { disposeTarget, fixedMatte, fixedTarget } from './fixed-target';

const SIDE = 64;
const { image, alpha } = mockComposite(SIDE, SIDE);

eachBackend(() => {
  const scene = () => ({
    input: tf.tensor4d(image.data, [1, SIDE, SIDE, 3]),
    mask: tf.ones([1, SIDE, SIDE, 1]) as tf.Tensor4D,
  });

  it('fits the matte to the colours, inside what the mean trimap calls unknown', async () => {
    const { input, mask } = scene();
    const models = [mockTrimapModel(), mockMattingModel()] as const;
    const views = await fixedTarget('views', ...models, input, mask);
    const refined = await fixedTarget('refined', ...models, input, mask);
    expect([...refined.region.dataSync()]).toEqual([...views.region.dataSync()]);
    expect([...refined.classes.dataSync()]).toEqual([...views.classes.dataSync()]);
    expect([...refined.alpha.dataSync()]).not.toEqual([...views.alpha.dataSync()]);
  });

  it('lets a model without trimap say itself what is certain', async () => {
    const { input, mask } = scene();
    // A trimap that calls everything background must not change what this model knows.
    const blind = { ...mockTrimapModel(), logits: (x: tf.Tensor4D) => nothing(x) };
    const knowing = { ...mockMattingModel({ needsTrimap: false }), alpha: () => truth() };
    const target = await fixedTarget('refined', blind, knowing, input, mask);
    const [found, region] = [target.alpha.dataSync(), target.region.dataSync()];
    let unknown = 0;
    for (const [p, value] of symmetric.entries()) {
      if (region[p] === 0) expect(found[p]).toBeCloseTo(Math.round(value), 5);
      else unknown++;
    }
    expect(unknown).toBeGreaterThan(100);
    expect(unknown).toBeLessThan(SIDE * SIDE);
  });

  it('has the same matte without classes, for whoever asks for no more', async () => {
    const { input, mask } = scene();
    for (const takesTrimap of [false, true]) {
      const model = { ...mockMattingModel({ needsTrimap: false }), takesTrimap };
      const whole = await fixedTarget('refined', mockTrimapModel(), model, input, mask);
      const matte = await fixedMatte(model, input, mask);
      for (const part of ['alpha', 'region', 'trust'] as const) {
        expect([...matte[part].dataSync()]).toEqual([...whole[part].dataSync()]);
      }
      expect(matte.confidence).toBe(whole.confidence);
      expect(matte).not.toHaveProperty('classes');
    }
  });

  it('is mostly what the model says of the edges alone, where it takes a trimap and sees larger', async () => {
    const { input, mask } = scene();
    // Opaque along the edges, when it is shown them by themselves.
    const sure: MattingModel = {
      ...mockMattingModel({ needsTrimap: false }),
      takesTrimap: true,
      alpha: ({ image: x, trimap }) =>
        trimap === undefined ? truth() : tf.ones<tf.Rank.R4>([1, x.shape[1], x.shape[2], 1]),
    };
    const small = { ...sure, input: { ...sure.input, max: SIDE } };
    const [edges, plain] = [sure, small].map((model) =>
      fixedTarget('refined', mockTrimapModel(), model, input, mask),
    );
    const [seen, unseen] = await Promise.all([edges!, plain!]);
    const sum = ({ alpha }: typeof seen) => tf.sum(alpha).dataSync()[0]!;
    expect(sum(seen)).toBeGreaterThan(1.05 * sum(unseen));
    // What is far from every edge stays.
    expect(seen.alpha.dataSync()[0]).toBe(unseen.alpha.dataSync()[0]);
  });

  it('abstains where the views contradict the plain matte, which cannot lose the person then', async () => {
    const { input, mask } = scene();
    // Nobody in any other picture than this.
    const [first] = input.dataSync();
    const plain = (x: tf.Tensor4D) => Math.abs(x.dataSync()[0] - first) < 1e-6;
    const fickle = {
      ...mockMattingModel({ needsTrimap: false }),
      alpha: ({ image: x }: { image: tf.Tensor4D }) =>
        plain(x) ? truth() : (tf.zeros([1, SIDE, SIDE, 1]) as tf.Tensor4D),
    };
    const target = await fixedTarget('views', mockTrimapModel(), fickle, input, mask);
    const found = target.alpha.dataSync();
    const region = target.region.dataSync();
    const [kept, all] = symmetric.reduce(
      ([a, b], value, p) => [a + Math.min(found[p], value), b + value],
      [0, 0],
    );
    expect(kept).toBeGreaterThan(0.8 * all);
    expect(target.confidence).toBeLessThan(0.3);
    symmetric.forEach((value, p) => {
      if (value > 0.98) expect([found[p], region[p]]).toEqual([value, 0]);
    });
  });

  it('frees everything, also when it is cancelled', async () => {
    const leaks = await checkLeaks(async () => {
      const { input, mask } = scene();
      const models = [mockTrimapModel(), mockMattingModel({ needsTrimap: false })] as const;
      const signal = AbortSignal.abort();
      const stopped = fixedTarget('refined', ...models, input, mask, signal);
      await expect(stopped).rejects.toBeInstanceOf(AbortedError);
      const target = await fixedTarget('refined', ...models, input, mask);
      disposeTarget(target);
      const alone = fixedMatte(models[1], input, mask, signal);
      await expect(alone).rejects.toBeInstanceOf(AbortedError);
      disposeTarget(await fixedMatte(models[1], input, mask));
      tf.dispose([input, mask]);
    });
    expect(leaks).toEqual({ leaked: 0 });
  });
});

/** A matte that is its own mirror image: a model that ignores its input agrees with itself. */
const symmetric = alpha.data.map((value, p) =>
  Math.max(value, alpha.data[p - (p % SIDE) + SIDE - 1 - (p % SIDE)]),
);
const truth = () => tf.tensor4d(symmetric, [1, SIDE, SIDE, 1]);

function nothing(x: tf.Tensor4D): tf.Tensor4D {
  const [n, height, width] = x.shape;
  return tf.tile(tf.tensor4d([9, 0, 0], [1, 1, 1, 3]), [n, height, width, 1]) as tf.Tensor4D;
}
