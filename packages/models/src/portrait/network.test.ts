import { readFileSync } from 'node:fs';
import { everyBackend } from '@latent-matte/test-kit/every-backend';
import { hashValues } from '@latent-matte/test-kit/hash-values';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import type { FeatureMap } from '../layers/feature-map';
import { hashedPortrait } from '../testing/hashed-portrait';
import { type Guide, portraitNetwork } from './network';

interface Reference {
  readonly parameters: number;
  readonly cases: readonly {
    readonly size: [height: number, width: number];
    readonly mode: 'plain' | 'trimap' | 'prior' | 'both';
    readonly logits: number[];
    readonly alpha: number[];
    readonly alphaLogit: number[];
    readonly gradient: number[];
  }[];
}
/** Of fixtures/make-portrait.py, as are the rules of pictures and guides below. */
const reference = JSON.parse(
  readFileSync(new URL('../../fixtures/portrait.json', import.meta.url), 'utf8'),
) as Reference;

function hashedMap(
  key: string,
  [height, width]: readonly [number, number],
  channels: number,
  halfRange: number,
  center: number,
): FeatureMap {
  const values = hashValues(key, height * width * channels, halfRange, center);
  return tf.tensor4d(values, [1, height, width, channels]);
}

function guideOf(mode: string, size: readonly [number, number]): Guide {
  const [height, width] = size;
  const classes = Array.from({ length: height * width }, (_, i) =>
    i % width < width / 4 ? 0 : i < (height * width) / 2 ? 1 : 2,
  );
  const has = (part: string) => mode === part || mode === 'both';
  return {
    trimap: has('trimap')
      ? tf.tensor4d(
          classes.flatMap((found) => [0, 1, 2].map((one) => Number(one === found))),
          [1, height, width, 3],
        )
      : undefined,
    prior: has('prior') ? hashedMap(`${size.join('x')} prior`, size, 1, 0.5, 0.5) : undefined,
  };
}

function largestError(map: FeatureMap, expected: readonly number[]): number {
  const values = map.dataSync();
  return Math.max(
    ...expected.map((value, i) => Math.abs(values[(i * 7919) % values.length] - value)),
  );
}

everyBackend(
  (backend) => {
    // Plain JavaScript is slow, and computes with the same code.
    const cases = backend === 'cpu' ? [reference.cases[3]] : reference.cases;

    it.each(cases)('equals PyTorch at $size, $mode, with its gradient', (one) => {
      const { size, mode } = one;
      const network = portraitNetwork(hashedPortrait());
      expect(network.weights.parameterCount).toBe(reference.parameters);
      tf.tidy(() => {
        const picture = hashedMap(`${size.join('x')} picture`, size, 3, 0.5, 0.5);
        const guide = guideOf(mode, size);
        const answer = network.run(picture, guide);
        const logit = answer.alphaLogit();
        expect(largestError(answer.logits(), one.logits)).toBeLessThan(2e-5);
        expect(largestError(logit, one.alphaLogit)).toBeLessThan(2e-5);
        expect(largestError(tf.sigmoid(logit), one.alpha)).toBeLessThan(1e-5);

        const slope = (of: string, channels: number) =>
          hashedMap(`${size.join('x')} slope of ${of}`, size, channels, 1, 0);
        const [r, s] = [slope('logits', 3), slope('alpha', 1)];
        const gradient = tf.grad((x) => {
          const { logits, alphaLogit } = network.run(x as FeatureMap, guide);
          const [first, second] = [tf.mul(r, logits()), tf.mul(s, tf.sigmoid(alphaLogit()))];
          return tf.add<tf.Scalar>(tf.sum(first), tf.sum(second));
        })(picture) as FeatureMap;
        expect(largestError(gradient, one.gradient)).toBeLessThan(1e-4);
      });
      network.weights.dispose();
    });
  },
  ['cpu', 'wasm', 'tensorflow'],
);
