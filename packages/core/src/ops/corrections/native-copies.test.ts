import { everyBackend } from '@latent-matte/test-kit/every-backend';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { installCorrections } from './install-corrections';

everyBackend(() => {
  it('casts and reshapes that change nothing outlive their original, and free all; others compute', () => {
    installCorrections();
    const before = tf.memory();
    const x = tf.tensor2d([1.5, -2, 3, 0], [2, 2]);
    const same = [tf.cast(x, 'float32'), tf.reshape(x, [2, 2])];
    const [whole, flat] = [tf.cast(x, 'int32'), tf.reshape(x, [4])];
    x.dispose();
    for (const copy of same) {
      expect([copy.shape, copy.dtype]).toEqual([[2, 2], 'float32']);
      expect([...copy.dataSync()]).toEqual([1.5, -2, 3, 0]);
      copy.dispose();
    }
    expect([whole.dtype, ...whole.dataSync()]).toEqual(['int32', 1, -2, 3, 0]);
    expect([flat.shape, ...flat.dataSync()]).toEqual([[4], 1.5, -2, 3, 0]);
    tf.dispose([whole, flat]);
    expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers);
    expect(tf.memory().numTensors).toBe(before.numTensors);
  });
});
