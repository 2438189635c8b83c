import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { everyBackend } from '@latent-matte/test-kit/every-backend';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { hidesCaches } from './hidden-caches';

it('tells a processor that hides its caches from one that does not, and from no Linux', () => {
  const folder = mkdtempSync(join(tmpdir(), 'latent-matte-caches-'));
  try {
    const processor = join(folder, 'cpu0');
    expect(hidesCaches(processor)).toBe(false);
    mkdirSync(processor);
    expect(hidesCaches(processor)).toBe(true);
    mkdirSync(join(processor, 'cache'));
    expect(hidesCaches(processor)).toBe(false);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

everyBackend(() => {
  // Where caches are hidden and oneDNN is used, this ends the process.
  it('survives a 1×1 convolution of few pixels and many channels', async () => {
    const y = tf.tidy(() =>
      tf.conv2d(tf.ones([1, 6, 10, 256]) as tf.Tensor4D, tf.ones([1, 1, 256, 1024]), 1, 'valid'),
    );
    expect((await y.data()).every((value) => value === 256)).toBe(true);
    y.dispose();
  });
}, ['tensorflow']);
