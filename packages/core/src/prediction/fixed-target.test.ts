import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { AbortedError } from '../errors';
import { checkLeaks, mockMattingModel, mockTrimapModel } from '../testing';
import { mockComposite } from '../testing/mock-composite';
import { fixedTarget } from './fixed-target';

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
    for (const [p, value] of alpha.data.entries()) {
      // The mean over mirrored views of an alpha that ignores its input.
      const mean = (value + alpha.data[p - (p % SIDE) + SIDE - 1 - (p % SIDE)]) / 2;
      if (region[p] === 0) expect(found[p]).toBeCloseTo(Math.round(mean), 5);
      else unknown++;
    }
    expect(unknown).toBeGreaterThan(100);
    expect(unknown).toBeLessThan(SIDE * SIDE);
  });

  it('frees everything, also when it is cancelled', async () => {
    const leaks = await checkLeaks(async () => {
      const { input, mask } = scene();
      const models = [mockTrimapModel(), mockMattingModel({ needsTrimap: false })] as const;
      const signal = AbortSignal.abort();
      const stopped = fixedTarget('refined', ...models, input, mask, signal);
      await expect(stopped).rejects.toBeInstanceOf(AbortedError);
      const target = await fixedTarget('refined', ...models, input, mask);
      tf.dispose([target.alpha, target.classes, target.region, input, mask]);
    });
    expect(leaks).toEqual({ leaked: 0 });
  });
});

const truth = () => tf.tensor4d(alpha.data, [1, SIDE, SIDE, 1]);

function nothing(x: tf.Tensor4D): tf.Tensor4D {
  const [n, height, width] = x.shape;
  return tf.tile(tf.tensor4d([9, 0, 0], [1, 1, 1, 3]), [n, height, width, 1]) as tf.Tensor4D;
}
