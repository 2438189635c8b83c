import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { LatentMatteError } from '@latent-matte/core';
import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { fromOnnx } from './from-onnx';

/** Files of a few bytes that once cost gigabytes or minutes; kept outside the repository. */
const cases = new URL('../../../../../shared/cases/', import.meta.url);
const files = ['abuse/', 'onnx/'].flatMap((folder) => {
  const at = new URL(folder, cases);
  if (!existsSync(at)) return [];
  return readdirSync(at).flatMap((file) =>
    file.endsWith('.onnx') && (folder === 'abuse/' || file.startsWith('onnx-'))
      ? [`${folder}${file}`]
      : [],
  );
});

eachBackend((backend) => {
  it.skipIf(backend === 'cpu' || files.length === 0).each(files)(
    'refuses %s, typed, or answers it soon',
    (file) => {
      // Seconds of the processor: the machine may be busy.
      const started = process.cpuUsage();
      const before = tf.memory().numTensors;
      const image = tf.ones([1, 64, 64, 3]) as tf.Tensor4D;
      try {
        const bytes = new Uint8Array(readFileSync(new URL(file, cases)));
        const model = fromOnnx(bytes, { kind: 'matting', name: 'few-bytes' });
        try {
          tf.tidy(() => model.alpha({ image }).dataSync());
        } finally {
          model.dispose();
        }
      } catch (error) {
        expect(error instanceof LatentMatteError, String(error)).toBe(true);
      }
      const { user, system } = process.cpuUsage(started);
      expect(user + system).toBeLessThan(5e6);
      image.dispose();
      expect(tf.memory().numTensors).toBe(before);
    },
  );
});
