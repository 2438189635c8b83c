import { eachBackend } from '@latent-matte/test-kit/each-backend';
import { hashValues, readFixture } from '@latent-matte/test-kit/fixture';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../random';
import { checkGradient, mockPerceptualModel, mockPortraits } from '../testing';
import {
  agreementLoss,
  alphaEntropyLoss,
  compositionalLoss,
  consistencyLoss,
  distance,
  entropyLoss,
  entropyMap,
  noiseRegularization,
  normalizeNoise,
  perceptualLoss,
  softplus,
} from './index';

const fixture = readFixture('losses');

/** Within 1e-5 of the largest reference value, as the fixtures ask. */
function expectStored(found: tf.Tensor, name: string): void {
  const reference = fixture.floats(name);
  const values = found.dataSync();
  const largest = reference.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  expect(values).toHaveLength(reference.length);
  for (let i = 0; i < reference.length; i++) {
    expect(Math.abs(values[i] - reference[i])).toBeLessThanOrEqual(1e-5 * largest);
  }
}

/** Hashed values in PyTorch's order of dimensions → `[N, H, W, C]`. */
function hashed(key: string, [n, c, h, w]: [number, number, number, number], a = 1): tf.Tensor4D {
  return tf.transpose(tf.tensor4d(hashValues(key, n * c * h * w, a), [n, c, h, w]), [0, 2, 3, 1]);
}

const normals = (seed: number, shape: [number, number, number, number]): tf.Tensor4D =>
  tf.tensor4d(createRandom(seed).normals(shape.reduce((a, b) => a * b)), shape);

eachBackend(() => {
  it('measures the entropy of alpha, finite at 0 and 1, with the gradient of finite differences', async () => {
    const alpha = tf.tensor4d([0, 1, 0.5, 0.25], [1, 2, 2, 1]);
    const region = tf.tensor4d([1, 1, 1, 0], [1, 2, 2, 1]);
    const quarter = -0.25 * Math.log(0.25) - 0.75 * Math.log(0.75);
    expect(alphaEntropyLoss(alpha).dataSync()[0]).toBeCloseTo((Math.LN2 + quarter) / 4, 4);
    expect(alphaEntropyLoss(alpha, region).dataSync()[0]).toBeCloseTo(Math.LN2 / 3, 4);
    const gradient = tf.grad((x) => alphaEntropyLoss(x as tf.Tensor4D))(alpha);
    expect(Math.max(...gradient.dataSync().slice(0, 3).map(Math.abs))).toBeLessThan(1e-6);
    const soft = tf.tidy(() => tf.sigmoid(normals(8, [1, 4, 5, 1]))) as tf.Tensor4D;
    const check = await checkGradient((x) => alphaEntropyLoss(x as tf.Tensor4D), [soft], {
      epsilon: 1e-3,
    });
    expect(check.relativeError).toBeLessThan(0.01);
    tf.dispose([alpha, region, gradient, soft]);
  });

  describe('entropy', () => {
    it('has the reference values and gradient', () =>
      tf.tidy(() => {
        const logits = hashed('input:logits', [1, 3, 20, 30], 6);
        expectStored(entropyMap(logits), 'entropy_map');
        expectStored(entropyLoss(logits), 'entropy_mean');
        const gradient = tf.grad((x) => entropyLoss(x as tf.Tensor4D))(logits);
        expectStored(tf.transpose(gradient, [0, 3, 1, 2]), 'entropy_grad_mean');
      }));

    it('is finite, with a finite gradient, for extreme logits', () =>
      tf.tidy(() => {
        const extreme = tf.tensor4d([60, -60, 0, 1e4, 0, -1e4, 5, 5, 5], [1, 3, 1, 3]);
        expectStored(entropyMap(extreme), 'entropy_extreme');
        const gradient = tf
          .grad((x) => entropyLoss(x as tf.Tensor4D))(extreme)
          .dataSync();
        expect(Array.from(gradient).every(Number.isFinite)).toBe(true);
      }));

    it('averages over a region only', () =>
      tf.tidy(() => {
        const logits = tf.tensor4d([0, 0, 0, 50, 0, 0], [1, 1, 2, 3]);
        const over = (weights: number[]) =>
          entropyLoss(logits, tf.tensor4d(weights, [1, 1, 2, 1])).dataSync()[0];
        expect(over([1, 0])).toBeCloseTo(Math.log(3), 5);
        expect(over([0, 1])).toBeCloseTo(0, 5);
        expect(over([1, 1])).toBeCloseTo(Math.log(3) / 2, 5);
        expect(over([0, 0])).toBe(0);
      }));
  });

  describe('compositional', () => {
    it('has the reference values and gradient, also far from zero', () =>
      tf.tidy(() => {
        const logits = tf.tensor1d(fixture.floats('adv_logits'));
        const each = tf.unstack(logits).map((logit) => compositionalLoss(logit));
        expectStored(tf.stack(each), 'adv_softplus_neg');
        expectStored(softplus(logits), 'adv_d_fake');
        const gradient = tf.grad((x) => tf.mul(compositionalLoss(x), logits.size))(logits);
        expectStored(gradient, 'adv_grad');
      }));

    it('is exact where exp() overflows', () =>
      tf.tidy(() => {
        const x = tf.tensor1d([-1e4, -100, 0, 100, 1e4]);
        const values = Array.from(softplus(x).dataSync());
        [0, 0, Math.LN2, 100, 1e4].forEach((expected, i) => {
          expect(values[i]).toBeCloseTo(expected, 4);
        });
        const gradient = Array.from(tf.grad(softplus)(x).dataSync());
        [0, 0, 0.5, 1, 1].forEach((expected, i) => {
          expect(gradient[i]).toBeCloseTo(expected, 5);
        });
      }));
  });

  describe('distance', () => {
    it('has the reference norm and mean square', () =>
      tf.tidy(() => {
        const [a, b] = ['input:a', 'input:b'].map((key) => hashed(key, [1, 3, 12, 10]));
        const both = [distance(a, b, 'norm'), consistencyLoss(a, b, 'mean-square')];
        expectStored(tf.stack(both), 'l2norm_mse');
      }));

    it.each(['norm', 'mean-square'] as const)('%s has zero gradient, not NaN, at zero', (kind) =>
      tf.tidy(() => {
        const x = normals(1, [1, 4, 4, 3]);
        const gradient = tf
          .grad((y) => distance(y, x, kind))(x)
          .dataSync();
        expect(Array.from(gradient).every((value) => value === 0)).toBe(true);
      }),
    );

    it('weighs pixels by a region', () =>
      tf.tidy(() => {
        const a = tf.tensor4d([3, 0, 0, 4], [1, 1, 2, 2]);
        const b: tf.Tensor4D = tf.zeros([1, 1, 2, 2]);
        const first = tf.tensor4d([1, 0], [1, 1, 2, 1]);
        expect(distance(a, b, 'norm').dataSync()[0]).toBeCloseTo(5, 5);
        expect(consistencyLoss(a, b, 'norm', first).dataSync()[0]).toBeCloseTo(3, 5);
        expect(distance(a, b, 'mean-square', first).dataSync()[0]).toBeCloseTo(4.5, 5);
        const everywhere: tf.Tensor4D = tf.ones([1, 1, 2, 1]);
        expect(distance(a, b, 'mean-square', everywhere).dataSync()[0]).toBeCloseTo(6.25, 5);
      }));

    it('perceptual: compares features', () =>
      tf.tidy(() => {
        const model = mockPerceptualModel();
        const [a, b] = [mockPortraits(16, 16, [1]), mockPortraits(16, 16, [2])];
        const features = model.features(a);
        expect(perceptualLoss(model, a, features).dataSync()[0]).toBeLessThan(1e-5);
        const expected = Math.hypot(...tf.sub(model.features(b), features).dataSync());
        expect(perceptualLoss(model, b, features).dataSync()[0]).toBeCloseTo(expected, 4);
      }));
  });

  describe('noise regularisation', () => {
    it('has the reference value, gradients and normalised maps', () =>
      tf.tidy(() => {
        const maps = [4, 8, 8, 16, 32, 64].map((size, i) =>
          tf.tensor4d(hashValues(`noisereg:${i}`, size * size), [1, size, size, 1]),
        );
        const { value, grads } = tf.valueAndGrads((...x: tf.Tensor[]) =>
          noiseRegularization(x as tf.Tensor4D[]),
        )(maps);
        expectStored(value, 'noise_reg');
        grads.forEach((gradient, i) => {
          expectStored(gradient, `noise_reg_grad_${i}`);
        });
        expectStored(normalizeNoise(maps[2]), 'noise_normalised_2');
        expectStored(normalizeNoise(maps[5]), 'noise_normalised_5');
      }));
  });

  describe('agreement', () => {
    const shape: [number, number, number, number] = [1, 4, 5, 3];
    const target = (region: tf.Tensor4D) => ({
      classes: tf.softmax(normals(3, shape), 3),
      alpha: tf.sigmoid(normals(4, [1, 4, 5, 1])) as tf.Tensor4D,
      region,
    });

    it('is zero at the target, positive elsewhere', () =>
      tf.tidy(() => {
        const goal = target(tf.ones([1, 4, 5, 1]));
        const at = agreementLoss(goal, normals(3, shape), goal.alpha).dataSync()[0];
        expect(Math.abs(at)).toBeLessThan(1e-4);
        expect(agreementLoss(goal, normals(5, shape), goal.alpha).dataSync()[0]).toBeGreaterThan(
          0.1,
        );
        const moved = tf.add(goal.alpha, 0.5) as tf.Tensor4D;
        // 5 · 0.5²
        expect(agreementLoss(goal, normals(3, shape), moved).dataSync()[0]).toBeCloseTo(15, 3);
      }));

    it('looks at its region only, and bears an empty one', () =>
      tf.tidy(() => {
        const left = tf.tensor4d(
          Array.from({ length: 20 }, (_, i) => (i % 5 < 2 ? 1 : 0)),
          [1, 4, 5, 1],
        );
        const inside = normals(3, shape);
        const logits = tf.where(tf.equal(tf.tile(left, [1, 1, 1, 3]), 1), inside, 7) as tf.Tensor4D;
        const value = agreementLoss(target(left), logits, undefined).dataSync()[0];
        expect(Math.abs(value)).toBeLessThan(1e-4);
        const nowhere: tf.Tensor4D = tf.zeros([1, 4, 5, 1]);
        const empty = target(nowhere);
        expect(agreementLoss(empty, normals(5, shape), undefined).dataSync()[0]).toBe(0);
      }));

    it('weighs the matte alone where the target has no classes', () =>
      tf.tidy(() => {
        const { alpha, region } = target(tf.ones([1, 4, 5, 1]));
        const moved = tf.add(alpha, 0.5) as tf.Tensor4D;
        const value = (logits: tf.Tensor4D | undefined) =>
          agreementLoss({ alpha, region }, logits, moved).dataSync()[0];
        expect(value(undefined)).toBeCloseTo(15, 3);
        expect(value(normals(5, shape))).toBe(value(undefined));
        expect(agreementLoss({ region }, undefined, moved).dataSync()[0]).toBe(0);
      }));

    it('has the gradient that finite differences show', async () => {
      const goal = target(tf.ones([1, 4, 5, 1]));
      const logits = normals(6, shape);
      const alpha = tf.sigmoid(normals(7, [1, 4, 5, 1])) as tf.Tensor4D;
      const { relativeError } = await checkGradient(
        (x, a) => agreementLoss(goal, x as tf.Tensor4D, a as tf.Tensor4D),
        [logits, alpha],
      );
      tf.dispose([...Object.values(goal), logits, alpha]);
      expect(relativeError).toBeLessThan(0.01);
    });
  });
});
