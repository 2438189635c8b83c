import { readFileSync } from 'node:fs';
import { InvalidOptionError, mattingModels, trimapModels } from '@latent-matte/core';
import {
  checkGradient,
  describeMattingModel,
  describeTrimapModel,
  mockPortraits,
} from '@latent-matte/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { eachBackend } from '@latent-matte/test-kit/each-backend';
import { ofTensor, planar } from '../adapters/onnx/value';
import { compileTflite } from '../adapters/tflite/compile';
import { readTflite } from '../adapters/tflite/read-tflite';
import { findInstalled } from './find-installed';
import { loadMediapipeSelfieMatting, loadMediapipeSelfieTrimap } from './load-mediapipe-selfie';
import { SELFIE_PACKAGE, type SelfieVariant, selfieFiles } from './selfie-files';

interface Network {
  readonly file: string;
  readonly height: number;
  readonly width: number;
  readonly output: string;
  readonly values: readonly number[];
}
const networks = JSON.parse(
  readFileSync(new URL('../../fixtures/tflite/selfie.json', import.meta.url), 'utf8'),
) as Network[];
const where = Object.values(selfieFiles).map(({ file }) => findInstalled(SELFIE_PACKAGE, file));
const absent = where.includes(undefined);
const bytes = (variant: SelfieVariant): Uint8Array => {
  const found = findInstalled(SELFIE_PACKAGE, selfieFiles[variant].file) as URL;
  return new Uint8Array(readFileSync(found));
};

it.runIf(absent)('says how to install the package', async () => {
  await expect(loadMediapipeSelfieMatting()).rejects.toThrow(InvalidOptionError);
  await expect(loadMediapipeSelfieTrimap()).rejects.toThrow(
    /npm install @mediapipe\/selfie_segmentation/,
  );
});

it('refuses a variant that there is not', async () => {
  const variant = 'portrait' as SelfieVariant;
  await expect(loadMediapipeSelfieMatting({ variant })).rejects.toThrow(/square or landscape/);
});

it('is registered by name', async () => {
  await import('../index');
  expect(mattingModels.names()).toContain('mediapipe-selfie');
  expect(trimapModels.names()).toContain('mediapipe-selfie');
});

const title = 'with @mediapipe/selfie_segmentation installed';
eachBackend(() => {
  describe.skipIf(absent)(title, () => {
    it.each(networks)('$file has the logits of the interpreter', (network) => {
      const { file, height, width, output, values } = network;
      const model = readTflite(bytes(file.includes('landscape') ? 'landscape' : 'square'));
      const graph = compileTflite(model, output);
      const x = tf.tensor4d(
        Float32Array.from({ length: height * width * 3 }, (_, i) => {
          const [channel, column] = [i % 3, Math.floor(i / 3) % width];
          const row = Math.floor(i / 3 / width);
          return 0.5 + 0.5 * Math.sin(column * 0.05 + channel) * Math.cos(row * 0.04 - channel);
        }),
        [1, height, width, 3],
      );
      const input = model.inputs[0].name;
      const y = tf.tidy(() => planar(graph.run(new Map([[input, ofTensor(x)]]))).dataSync());
      const errors = values.map((value, i) => Math.abs(y[(i * 7919) % y.length] - value));
      // Logits down to −480; the places near the edge, where it matters, are closer.
      expect(Math.max(...errors)).toBeLessThan(1e-2);
      const edge = errors.filter((_, i) => Math.abs(values[i]) < 10);
      expect(Math.max(0, ...edge)).toBeLessThan(1e-3);
      graph.dispose();
      x.dispose();
    });
  });
}, ['wasm']);

eachBackend(() => {
  describe.skipIf(absent)(title, () => {
    const weights = () => bytes('square');
    // Kinks: finite differences of the logits are off by 12 % at 1e-4, 6 % at 1e-5, 2.4 % at 3e-6; an enlarged picture
    // and the logistic function, steep where the network is unsure, make it more.
    const steps = { gradientEpsilon: 3e-6, gradientTolerance: 0.2 };
    describeMattingModel(
      { describe, it },
      () => loadMediapipeSelfieMatting({ weights: weights() }),
      { title: 'matting', ...steps },
    );
    describeTrimapModel({ describe, it }, () => loadMediapipeSelfieTrimap({ weights: weights() }), {
      title: 'trimap',
      ...steps,
    });

    it('has logits with the gradient of finite differences', async () => {
      const model = readTflite(weights());
      const graph = compileTflite(model, selfieFiles.square.logits);
      const [input] = model.inputs;
      const run = (x: tf.Tensor) => planar(graph.run(new Map([[input.name, ofTensor(x)]])));
      const image = mockPortraits(256, 256, [1]);
      const check = await checkGradient(run, [image], { epsilon: 3e-6, directions: 3 });
      expect(check.relativeError).toBeLessThan(0.05);
      graph.dispose();
      image.dispose();
    });

    it('calls a band around its edge unknown', async () => {
      const model = await loadMediapipeSelfieTrimap({ weights: weights() });
      const image = mockPortraits(256, 256, [1]);
      const counts = tf.tidy(() => {
        const logits = model.logits(image);
        const [background, , foreground] = tf.unstack(logits, 3);
        const margin = 2;
        const known = tf.logicalOr(
          tf.greater(background, margin / 2),
          tf.greater(foreground, margin / 2),
        );
        const unknown = tf.equal(tf.argMax(logits, 3), 1);
        return tf.stack([
          tf.sum(tf.cast(unknown, 'float32')),
          tf.sum(tf.cast(tf.logicalAnd(unknown, known), 'float32')),
        ]);
      });
      const [unknown, both] = counts.dataSync();
      expect(unknown).toBeGreaterThan(0);
      expect(both).toBe(0);
      model.dispose();
      tf.dispose([image, counts]);
    });
  });
}, ['wasm']);
