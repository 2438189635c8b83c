import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { Adam } from './adam';
import { clipByGlobalNorm, globalNorm } from './clip-by-global-norm';
import { warmUpCosine } from './learning-rate';

eachBackend(() => {
  it('decays apart from the moments with AdamW', () => {
    const [lr, decay, b1, b2, epsilon] = [0.1, 0.2, 0.9, 0.999, 1e-8];
    const adam = new Adam({ learningRate: lr, weightDecay: decay, decay: 'decoupled' });
    // As in PyTorch: θ ← θ (1 − lr λ), then Adam without decay. In float64.
    let [x, m, v] = [3, 0, 0];
    let theta: tf.Tensor = tf.scalar(3);
    for (let t = 1; t <= 10; t++) {
      const g = 2 * x - 1;
      x *= 1 - lr * decay;
      m = b1 * m + (1 - b1) * g;
      v = b2 * v + (1 - b2) * g * g;
      x -= (lr * (m / (1 - b1 ** t))) / (Math.sqrt(v / (1 - b2 ** t)) + epsilon);
      const gradient = tf.tidy(() => tf.sub(tf.mul(theta, 2), 1));
      const [next] = adam.step([theta], [gradient]);
      tf.dispose([theta, gradient]);
      theta = next;
      expect(theta.dataSync()[0]).toBeCloseTo(x, 4);
    }
    theta.dispose();
    adam.dispose();
  });

  it('clips gradients by their common norm, and leaves short ones alone', () => {
    const gradients = [tf.tensor1d([3, 0]), tf.tensor2d([[0], [4]])];
    const norm = globalNorm(gradients);
    expect(norm.dataSync()[0]).toBeCloseTo(5, 5);
    const [short, long] = [clipByGlobalNorm(gradients, 1), clipByGlobalNorm(gradients, 10, norm)];
    expect(short[0].dataSync()[0]).toBeCloseTo(0.6, 5);
    expect(short[1].dataSync()[1]).toBeCloseTo(0.8, 5);
    expect(long[0].dataSync()[0]).toBe(3);
    tf.dispose([gradients, norm, short, long]);
  });
});

it('rises, then falls as a cosine to the floor', () => {
  const at = (step: number) =>
    warmUpCosine(step, { steps: 110, learningRate: 2, warmUpSteps: 10, floor: 0.1 });
  expect(at(0)).toBeCloseTo(0.2, 12);
  expect(at(9)).toBeCloseTo(2, 12);
  expect(at(10)).toBeCloseTo(2, 12);
  expect(at(60)).toBeCloseTo(1.1, 12);
  expect(at(110)).toBeCloseTo(0.2, 12);
  expect(warmUpCosine(0, { steps: 1, learningRate: 3, warmUpSteps: 0, floor: 0 })).toBe(3);
});
