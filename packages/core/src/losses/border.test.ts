import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { checkGradient, checkLeaks } from '../testing';
import { borderLoss, borderTarget } from './border';

const row = (values: readonly number[]) => tf.tensor4d([...values], [1, 1, values.length, 1]);
const trimap = () => row([0, 0, 0.5, 0.5, 0.5, 1, 1, 0.5, 0]);
const start = () => row([0, 0, 0.2, 0.4, 0.6, 1, 1, 0.5, 0]);
const target = () => tf.tidy(() => borderTarget(trimap(), start(), row(new Array(9).fill(1))));

eachBackend(() => {
  it('anchors unknown pixels that touch one known class, and no others', () => {
    const { foreground, background, unknown } = tf.tidy(target);
    expect([...background.dataSync()]).toEqual([0, 0, 1, 0, 0, 0, 0, 0, 0]);
    expect([...foreground.dataSync()]).toEqual([0, 0, 0, 0, 1, 0, 0, 0, 0]);
    expect([...unknown.dataSync()]).toEqual([0, 0, 1, 1, 1, 0, 0, 1, 0]);
    const inside = borderTarget(trimap(), start(), row([0, 0, 0, 0, 1, 1, 1, 1, 1]));
    expect([...inside.background.dataSync()]).toEqual(new Array(9).fill(0));
    tf.dispose([foreground, background, unknown, ...Object.values(inside)]);
  });

  it('is the error at the edges, and a tenth of the squared mean distance from the start', () => {
    const loss = (alpha: tf.Tensor4D) => borderLoss(target(), alpha).dataSync()[0];
    expect(loss(start())).toBeCloseTo(0.2 + 0.4, 5);
    // Anchored as it should be: 0.2, 0, 0.4 and 0 away from the start.
    expect(loss(row([0, 0, 0, 0.4, 1, 1, 1, 0.5, 0]))).toBeCloseTo(0.1 * 0.15 ** 2, 5);
    // Nothing anywhere does not pay.
    expect(loss(row(new Array(9).fill(0)))).toBeGreaterThan(1);
  });

  it('has the gradient that finite differences show, and frees what it makes', async () => {
    const alpha = row([0, 0, 0.3, 0.5, 0.7, 1, 1, 0.2, 0]);
    const { relativeError } = await checkGradient(
      (x) => borderLoss(target(), x as tf.Tensor4D),
      [alpha],
      { epsilon: 1e-3 },
    );
    expect(relativeError).toBeLessThan(0.01);
    const leaks = await checkLeaks(() => {
      const made = target();
      borderLoss(made, alpha).dispose();
      tf.dispose(Object.values(made));
    });
    expect(leaks).toEqual({ leaked: 0 });
  });
});
