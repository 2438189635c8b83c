import { everyBackend } from '@latent-matte/test-kit/every-backend';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { checkLeaks } from '../../testing';

/** Enough that WebGPU does not compute on the processor. */
const size = 1600;

everyBackend(() => {
  it.each([2, 8, 23])('sums %i tensors', async (count) => {
    let found: Float32Array | undefined;
    const leaks = await checkLeaks(async () => {
      const sum = tf.tidy(() =>
        tf.addN(Array.from({ length: count }, (_, i) => tf.fill([size], i + 1))),
      );
      found = (await sum.data()) as Float32Array;
      sum.dispose();
    });
    expect(leaks).toEqual({ leaked: 0 });
    expect(new Set(found)).toEqual(new Set([(count * (count + 1)) / 2]));
  });
});
