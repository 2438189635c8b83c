import { gradientsOf } from '@latent-matte/core/internals';
import { everyBackend } from '@latent-matte/test-kit/every-backend';
import { hashValues } from '@latent-matte/test-kit/hash-values';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import type { FeatureMap } from '../layers/feature-map';
import { hashedPortrait } from '../testing/hashed-portrait';
import { portraitNetwork } from './network';

const SIDE = 64;
const map = (name: string, channels: number): FeatureMap =>
  tf.tensor4d(hashValues(name, SIDE * SIDE * channels, 0.5, 0.5), [1, SIDE, SIDE, channels]);

/** By wasm, which comes first. */
let expected: Record<'logits' | 'alpha' | 'gradient', Float32Array> | undefined;

everyBackend(() => {
  it('answers, and is differentiated, as on the processor: with shaders of our own', async () => {
    const network = portraitNetwork(hashedPortrait());
    const [picture, trimap, prior] = [map('picture', 3), map('trimap', 3), map('prior', 1)];
    const guide = { trimap, prior };
    const [logits, alpha] = tf.tidy(() => {
      const answer = network.run(picture, guide);
      return [answer.logits(), tf.sigmoid(answer.alphaLogit())] as const;
    });
    const [gradient] = gradientsOf(
      (x) => {
        const answer = network.run(x as FeatureMap, guide);
        return tf.add(
          tf.mean(tf.square(answer.logits())),
          tf.mean(tf.sigmoid(answer.alphaLogit())),
        );
      },
      [picture],
    );
    const found = {
      logits: (await logits.data()) as Float32Array,
      alpha: (await alpha.data()) as Float32Array,
      gradient: (await gradient!.data()) as Float32Array,
    };
    tf.dispose([picture, trimap, prior, logits, alpha, gradient!]);
    network.weights.dispose();
    expected ??= found;
    for (const part of ['logits', 'alpha', 'gradient'] as const) {
      const scale = expected[part].reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const worst = found[part].reduce(
        (most, value, i) => Math.max(most, Math.abs(value - expected![part][i]!)),
        0,
      );
      expect(scale).toBeGreaterThan(0);
      expect(worst / scale, part).toBeLessThan(1e-3);
    }
  }, 600_000);
}, ['wasm', 'webgpu']);
