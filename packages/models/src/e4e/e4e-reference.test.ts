import { readFileSync } from 'node:fs';
import { eachBackend } from '@latent-matte/test-kit/each-backend';
import { hashValues } from '@latent-matte/test-kit/hash-values';
import { archiveOf, wantedShapes } from '@latent-matte/test-kit/random-archive';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { createE4e } from './e4e';

const LAYERS = 18;
const SIDE = 256;

interface Reference {
  readonly width: number;
  readonly dim: number;
  readonly tensors: number;
  readonly parameters: number;
  /** How far float32 is from float64 in PyTorch. */
  readonly float32: { readonly code: number; readonly gradient: number };
  readonly code: number[];
  /** Samples in PyTorch's order of axes. */
  readonly gradient: number[];
}
/** Of fixtures/make-e4e.py, as are the rules of weights and picture below. */
const reference = JSON.parse(
  readFileSync(new URL('../../fixtures/e4e.json', import.meta.url), 'utf8'),
) as Reference;
const { width, dim } = reference;

const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

function weights(name: string, shape: readonly number[]): Float32Array {
  const count = sizeOf(shape);
  if (name === 'latent_avg') return hashValues(name, count, 0.5, 0);
  if (name.endsWith('linear.weight')) return hashValues(name, count, 3 ** 0.5, 0);
  if (shape.length > 1) {
    const power = name.includes('.convs.') ? 6 : 3;
    return hashValues(name, count, (power / sizeOf(shape.slice(1))) ** 0.5, 0);
  }
  if (name.endsWith('_layer.2.weight')) return hashValues(name, count, 0.2, 0.25);
  if (name.endsWith('res_layer.4.weight')) return hashValues(name, count, 0.1, 0.5);
  return hashValues(name, count, 0.1, /(weight|running_var)$/.test(name) ? 1 : 0);
}

/** Eighteen layers as published; the width is read from these. */
const shapes = wantedShapes(createE4e, {
  'encoder.input_layer.0.weight': [width, 3, 3, 3],
  latent_avg: [dim],
  ...Object.fromEntries(
    Array.from({ length: LAYERS }, (_, i) => [`encoder.styles.${i}.linear.weight`, [dim, dim]]),
  ),
});

function picture(): tf.Tensor4D {
  const blocks = hashValues('picture blocks', 3 * (SIDE / 8) ** 2, 0.3, 0.5);
  const noise = hashValues('picture noise', 3 * SIDE ** 2, 0.2, 0);
  const values = Float32Array.from({ length: 3 * SIDE ** 2 }, (_, i) => {
    const [color, x, y] = [i % 3, Math.floor(i / 3) % SIDE, Math.floor(i / 3 / SIDE)];
    const block = blocks[(color * (SIDE / 8) + (y >> 3)) * (SIDE / 8) + (x >> 3)];
    return block + noise[(color * SIDE + y) * SIDE + x];
  });
  return tf.tensor4d(values, [1, SIDE, SIDE, 3]);
}

eachBackend(() => {
  describe('e4e with all its layers, at a quarter of the published width', () => {
    it('wants as many tensors and parameters as the published network has at this width', () => {
      const encoder = Object.entries(shapes).filter(([name]) => name !== 'latent_avg');
      const learned = encoder.filter(([name]) => !name.includes('running'));
      expect(encoder).toHaveLength(reference.tensors);
      expect(learned.reduce((sum, [, shape]) => sum + sizeOf(shape), 0)).toBe(reference.parameters);
    });

    it('gives the code of PyTorch, and its gradient', () => {
      const encoder = createE4e(
        archiveOf(
          Object.fromEntries(
            Object.entries(shapes).map(([name, shape]) => [name, [shape, weights(name, shape)]]),
          ),
        ),
      );
      tf.tidy(() => {
        const image = picture();
        const { styles } = encoder.encode(image);
        expect(styles.shape).toEqual([1, LAYERS, dim]);
        const code = styles.dataSync();
        const largest = Math.max(...reference.code.map(Math.abs));
        const errors = reference.code.map((value, i) => Math.abs(value - code[i]));
        expect(Math.max(...errors) / largest).toBeLessThan(1e-5);

        const slopes = tf.tensor3d(hashValues('slope code', styles.size, 1, 0), styles.shape);
        const weighted = (x: tf.Tensor) =>
          tf.sum(tf.mul(encoder.encode(x as tf.Tensor4D).styles, slopes)) as tf.Scalar;
        const slope = tf.transpose(tf.grad(weighted)(image), [0, 3, 1, 2]).dataSync();
        const found = reference.gradient.map((_, i) => slope[(i * 7919) % slope.length]);
        const error = Math.hypot(...reference.gradient.map((value, i) => value - found[i]));
        // 4.4e-4 on wasm, 7e-7 on cpu (as PyTorch's float32): a value nearer to 0 than its rounding changes a slope.
        expect(error / Math.hypot(...reference.gradient)).toBeLessThan(1e-3);
      });
      encoder.dispose();
    });
  });
}, ['wasm']);
