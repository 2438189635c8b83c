import { createRequire } from 'node:module';
import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { gradientsOf } from '../gradients-of';
import { installCorrections } from './install-corrections';

/** dy = 1 everywhere: each sample counts as often as it was copied. */
const reflectedOnce = [1, 2, 2, 1];

eachBackend(() => {
  it('survives copies of tfjs-core that are loaded later, and corrects them too', async () => {
    const ours = tf.getGradient('MirrorPad');
    installCorrections();
    expect(tf.getGradient('MirrorPad')).toBe(ours);

    // Its Node build carries a copy of its own, and registers the stock gradients of that copy.
    await import('@latent-matte/core/gradients');
    expect(tf.getGradient('MirrorPad')).not.toBe(ours);
    // The build for script tags is a third copy.
    const path = '@tensorflow/tfjs-core/dist/tf-core.js';
    const other = createRequire(import.meta.url)(path) as typeof tf;
    expect(other.tensor1d).not.toBe(tf.tensor1d);

    const slope = (copy: typeof tf) => (x: tf.Tensor) =>
      copy.sum(copy.mirrorPad(x as tf.Tensor1D, [[1, 1]], 'reflect')) as tf.Scalar;
    const x = tf.tensor1d([1, 2, 3, 4]);
    // The loop's own gradient puts the corrections back first.
    const [found] = gradientsOf(slope(tf), [x]);
    expect(Array.from(found.dataSync())).toEqual(reflectedOnce);
    const theirs = other.grad(slope(other))(x);
    expect(Array.from(theirs.dataSync())).toEqual(reflectedOnce);
    tf.dispose([x, found, theirs]);

    const again = tf.getGradient('MirrorPad');
    installCorrections();
    expect(tf.getGradient('MirrorPad')).toBe(again);
  });
}, ['cpu']);
