import { eachBackend } from '@latent-matte/test-kit/each-backend';
import { hashValues, readFixture } from '@latent-matte/test-kit/fixture';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { checkLeaks } from '../testing';
import { Adam, type AdamOptions } from './adam';

const fixture = readFixture('losses');
const start = hashValues('adam:x0', 16, 2);
const curvature = hashValues('adam:k', 16, 0.9, 1);
const center = hashValues('adam:c', 16);

/** Gradient of ½ Σ k (x − c)². */
const quadratic = (x: tf.Tensor1D): tf.Tensor =>
  tf.tidy(() => tf.mul(tf.tensor1d(curvature), tf.sub(x, tf.tensor1d(center))));

/** Displacements after each of `count` steps, row by row. */
function displacements(
  options: AdamOptions,
  count: number,
  gradient: (x: tf.Tensor1D) => tf.Tensor,
): number[] {
  const adam = new Adam(options);
  let x = tf.tensor1d(start);
  const rows: number[] = [];
  for (let t = 0; t < count; t++) {
    const g = gradient(x);
    const [next] = adam.step([x], [g]);
    tf.dispose([x, g]);
    x = next;
    rows.push(...Array.from(x.dataSync(), (value, i) => value - start[i]));
  }
  adam.dispose();
  x.dispose();
  return rows;
}

function expectWithin(found: readonly number[], name: string, tolerance: number): void {
  const reference = fixture.floats(name);
  expect(found).toHaveLength(reference.length);
  found.forEach((value, i) => {
    expect(Math.abs(value - reference[i])).toBeLessThanOrEqual(tolerance);
  });
}

eachBackend(() => {
  const trajectories = [1e-4, 0.1].flatMap((learningRate) =>
    [0, 5e-4, 0.1].map((weightDecay) => ({ learningRate, weightDecay })),
  );

  it.each(trajectories)("follows PyTorch's Adam for 20 steps at %o", (options) => {
    const name = `adam_delta_lr${options.learningRate}_wd${options.weightDecay}`;
    const tolerance = options.learningRate < 1e-3 ? 2e-6 : 1e-4;
    expectWithin(displacements(options, 20, quadratic), name, tolerance);
  });

  it('is moved by weight decay where the loss is flat', () => {
    const flat = (x: tf.Tensor1D) => tf.fill(x.shape, 1e-9);
    const rows = displacements({ learningRate: 1e-4, weightDecay: 5e-4 }, 20, flat);
    expectWithin(rows.slice(-16), 'adam_decay_only_delta', 2e-6);
  });

  it('continues from its state bit for bit', async () => {
    const run = async (interrupted: boolean) => {
      let adam = new Adam({ learningRate: 0.1 });
      let x = tf.tensor1d(start);
      for (let t = 0; t < 6; t++) {
        if (interrupted && t === 3) {
          const { steps, first, second } = adam.state();
          const restored = new Adam({ learningRate: 0.1 });
          restored.restore(
            steps,
            first.map((m) => tf.clone(m)),
            second.map((m) => tf.clone(m)),
          );
          adam.dispose();
          adam = restored;
          expect(adam.steps).toBe(3);
        }
        const g = quadratic(x);
        const [next] = adam.step([x], [g]);
        tf.dispose([x, g]);
        x = next;
      }
      adam.dispose();
      const values = Array.from(await x.data());
      x.dispose();
      return values;
    };
    expect(await run(true)).toEqual(await run(false));
  });

  describe('ownership', () => {
    it('leaves inputs alone, and dispose frees the moments', async () => {
      const leaks = await checkLeaks(() => {
        const adam = new Adam();
        const x = tf.tensor1d([1, 2]);
        const g = tf.tensor1d([0.5, -0.5]);
        const [next] = adam.step([x], [g]);
        expect(x.isDisposed || g.isDisposed).toBe(false);
        tf.dispose([x, g, next]);
        adam.dispose();
        adam.dispose();
      });
      expect(leaks).toEqual({ leaked: 0 });
    });

    it('survives a tidy around a step', async () => {
      const adam = new Adam({ learningRate: 0.1 });
      const x = tf.tensor1d([1]);
      const moved = Array.from({ length: 2 }, () =>
        tf.tidy(() => adam.step([x], [tf.tensor1d([1])])[0].dataSync()[0]),
      );
      // With a constant gradient every step has length lr.
      for (const value of moved) expect(value).toBeCloseTo(0.9, 5);
      adam.dispose();
      x.dispose();
    });
  });
});
