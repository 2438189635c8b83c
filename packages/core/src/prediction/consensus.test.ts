import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { checkLeaks } from '../testing';
import { consensus } from './consensus';
import { disposeTarget, type TrustedTarget } from './fixed-target';

const [HEIGHT, WIDTH] = [24, 48];

/** A map that is one value on the left half and another on the right. */
const halves = (left: number, right: number): tf.Tensor4D =>
  tf.tensor4d(
    Float32Array.from({ length: HEIGHT * WIDTH }, (_, p) => (p % WIDTH < WIDTH / 2 ? left : right)),
    [1, HEIGHT, WIDTH, 1],
  );

const opinion = (
  alpha: tf.Tensor4D,
  trust: tf.Tensor4D = halves(1, 1),
  region: tf.Tensor4D = halves(1, 1),
  confidence = 1,
  unrest = 0.02,
): TrustedTarget => ({
  alpha,
  classes: tf.zeros([1, HEIGHT, WIDTH, 3]),
  region,
  trust,
  confidence,
  unrest,
});

/** Values in the middle of the left half and of the right one. */
const middles = (map: tf.Tensor): readonly [left: number, right: number] => {
  const values = map.dataSync();
  const row = (HEIGHT / 2) * WIDTH;
  return [values[row + WIDTH / 4]!, values[row + (3 * WIDTH) / 4]!];
};

eachBackend(() => {
  const mask = () => tf.ones([1, HEIGHT, WIDTH, 1]) as tf.Tensor4D;

  it('of one model is its own, in tensors of its own', async () => {
    const own = opinion(halves(0.2, 0.8), halves(1, 0.5), halves(0, 1), 0.7);
    const found = await consensus(own, [], mask());
    expect(found.confidence).toBe(0.7);
    for (const name of ['alpha', 'classes', 'region', 'trust'] as const) {
      expect([...found[name].dataSync()]).toEqual([...own[name].dataSync()]);
    }
    disposeTarget(found);
    expect(middles(own.alpha)[1]).toBeCloseTo(0.8);
  });

  it('is their mean where they agree, wherever any of them is in doubt', async () => {
    const found = await consensus(
      opinion(halves(0.5, 0.9), halves(1, 1), halves(1, 0)),
      [opinion(halves(0.6, 1), halves(1, 1), halves(0, 0.5))],
      mask(),
    );
    const [left, right] = middles(found.alpha);
    expect(left).toBeCloseTo(0.55, 5);
    expect(right).toBeCloseTo(0.95, 5);
    expect(middles(found.region)).toEqual([1, 0.5]);
    expect(found.confidence).toBeCloseTo(1, 5);
  });

  it('hears little of a model where its own views contradict each other', async () => {
    const found = await consensus(
      opinion(halves(0.5, 0.5), halves(0, 1)),
      [opinion(halves(0.6, 0.6))],
      mask(),
    );
    const [left, right] = middles(found.alpha);
    // (0.02 · 0.5 + 1.02 · 0.6) / 1.04, and the mean.
    expect(left).toBeCloseTo(0.59808, 4);
    expect(right).toBeCloseTo(0.55, 5);
  });

  it('hears more of a model that changes less with the view, by the third power', async () => {
    const [restless, calm] = [0.04, 0.02].map((unrest, i) =>
      opinion(halves(0.5 + 0.1 * i, 0.5), halves(1, 1), halves(1, 1), 1, unrest),
    );
    for (const [first, other] of [
      [restless, calm],
      [calm, restless],
    ]) {
      const found = await consensus(first!, [other!], mask());
      // (0.5 + 8 · 0.6) / 9, whichever of them the change is made for.
      expect(middles(found.alpha)[0]).toBeCloseTo(5.3 / 9, 5);
      expect(found.unrest).toBe(0.02);
    }
  });

  it('abstains where they contradict each other: the first model alone, and nothing compared', async () => {
    const found = await consensus(opinion(halves(0, 1)), [opinion(halves(1, 1))], mask());
    expect(middles(found.alpha)).toEqual([0, 1]);
    expect(middles(found.region)).toEqual([0, 1]);
    expect(middles(found.trust)).toEqual([0, 1]);
    // What either takes for the person is all of the picture, half of which is contested.
    expect(found.confidence).toBeGreaterThan(0.4);
    expect(found.confidence).toBeLessThan(0.6);
  });

  it('leaves nothing behind, and its arguments alone', async () => {
    const own = opinion(halves(0, 1));
    const others = [opinion(halves(1, 1)), opinion(halves(0.5, 1))];
    const inside = mask();
    const { leaked, error } = await checkLeaks(async () => {
      disposeTarget(await consensus(own, others, inside));
    });
    expect(error).toBeUndefined();
    expect(leaked).toBe(0);
    expect(middles(others[1]!.alpha)).toEqual([0.5, 1]);
  });
});
