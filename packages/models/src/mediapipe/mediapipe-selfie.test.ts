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
import { eachBackend } from '../../../core/src/testing/each-backend';
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
    describeMattingModel(
      { describe, it },
      () => loadMediapipeSelfieMatting({ weights: weights() }),
      { title: 'matting', gradientEpsilon: 1e-4, gradientTolerance: 0.1 },
    );
    describeTrimapModel({ describe, it }, () => loadMediapipeSelfieTrimap({ weights: weights() }), {
      title: 'trimap',
      gradientEpsilon: 1e-4,
      gradientTolerance: 0.1,
    });

    it('has a wider band of the unknown than its margin alone', async () => {
      const model = await loadMediapipeSelfieTrimap({ weights: weights() });
      const image = mockPortraits(256, 256, [1]);
      const unknown = tf.tidy(() => tf.mean(tf.equal(tf.argMax(model.logits(image), 3), 1)));
      expect(unknown.dataSync()[0]).toBeGreaterThan(0);
      const run = (x: tf.Tensor) => model.logits(x as tf.Tensor4D);
      const { analytic } = await checkGradient(run, [image], { epsilon: 1e-4, directions: 1 });
      expect(analytic[0]).not.toBe(0);
      model.dispose();
      tf.dispose([image, unknown]);
    });
  });
}, ['wasm']);
