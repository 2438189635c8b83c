import { readFileSync } from 'node:fs';
import { eachBackend } from '@latent-matte/test-kit/each-backend';
import { hashValues } from '@latent-matte/test-kit/hash-values';
import { archiveOf, wantedShapes } from '@latent-matte/test-kit/random-archive';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { RvmState } from './decoder';
import { createRvm } from './rvm';

interface Frame {
  readonly foreground: number[];
  readonly alpha: number[];
  readonly state: number[][];
  readonly shapes: number[][];
}
interface Reference {
  readonly tensors: number;
  readonly parameters: number;
  readonly cases: {
    readonly ratio: number;
    readonly size: [height: number, width: number];
    readonly frames: Frame[];
    readonly gradient: number[];
  }[];
}
/** Of fixtures/make-rvm-resnet50.py, as are the rules of weights and pictures below. */
const reference = JSON.parse(
  readFileSync(new URL('../../fixtures/rvm-resnet50.json', import.meta.url), 'utf8'),
) as Reference;

const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

const shapes = wantedShapes((archive) => createRvm(archive, { variant: 'resnet50' }));

function weights(name: string, shape: readonly number[]): Float32Array {
  const count = sizeOf(shape);
  if (name === 'refiner.box_filter.weight') return hashValues(name, count, 0, 1 / 9);
  if (shape.length > 1) {
    return hashValues(name, count, (3 / sizeOf(shape.slice(1))) ** 0.5, 0);
  }
  const around = /(weight|running_var)$/.test(name) ? 1 : 0;
  return hashValues(name, count, 0.1, name === 'project_mat.conv.bias' ? 0.4 : around);
}

const archive = archiveOf(
  Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, [shape, weights(name, shape)]]),
  ),
);

function frame(index: number, [height, width]: readonly [number, number]): tf.Tensor4D {
  const [rows, columns] = [Math.ceil(height / 8), Math.ceil(width / 8)];
  const blocks = hashValues(`frame ${index} blocks`, 3 * rows * columns, 0.3, 0.5);
  const noise = hashValues(`frame ${index} noise`, 3 * height * width, 0.2, 0);
  const values = Float32Array.from({ length: height * width * 3 }, (_, i) => {
    const [color, x, y] = [i % 3, Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
    const block = blocks[(color * rows + (y >> 3)) * columns + (x >> 3)];
    return block + noise[(color * height + y) * width + x];
  });
  return tf.tensor4d(values, [1, height, width, 3]);
}

/** The samples of the fixture, in PyTorch's order of axes. */
function sampled(map: tf.Tensor4D, count: number): number[] {
  const values = tf.tidy(() => tf.transpose(map, [0, 3, 1, 2]).dataSync());
  return Array.from({ length: count }, (_, i) => values[(i * 7919) % values.length]);
}

function largestError(map: tf.Tensor4D, expected: readonly number[]): number {
  const found = sampled(map, expected.length);
  return Math.max(...found.map((value, i) => Math.abs(value - expected[i])));
}

eachBackend(() => {
  describe('RVM with ResNet-50, at its published width', () => {
    it('wants as many tensors and parameters as the published network', () => {
      const learned = Object.entries(shapes).filter(([name]) => !name.includes('running'));
      expect(Object.keys(shapes)).toHaveLength(reference.tensors);
      expect(learned.reduce((sum, [, shape]) => sum + sizeOf(shape), 0)).toBe(reference.parameters);
    });

    it.each(reference.cases)(
      'equals PyTorch over two frames at ratio $ratio, and has its gradient',
      ({ ratio, size, frames, gradient }) => {
        const network = createRvm(archive, { downsampleRatio: ratio });
        tf.tidy(() => {
          let state: RvmState | undefined;
          const images = [frame(0, size), frame(1, size)];
          const states = images.map((image, i) => {
            const made = network.matte(image, state);
            expect(largestError(made.foreground, frames[i].foreground)).toBeLessThan(1e-4);
            expect(largestError(made.alpha, frames[i].alpha)).toBeLessThan(1e-4);
            expect(made.state.map(({ shape }) => shape)).toEqual(frames[i].shapes);
            for (const [k, map] of made.state.entries()) {
              expect(largestError(map, frames[i].state[k])).toBeLessThan(1e-4);
            }
            state = made.state;
            return made.state;
          });
          const slopeOf = (name: string, channels: number) => {
            const values = hashValues(`slope ${name}`, channels * size[0] * size[1], 1, 0);
            return tf.transpose(tf.tensor4d(values, [1, channels, ...size]), [0, 2, 3, 1]);
          };
          const slopes = { foreground: slopeOf('foreground', 3), alpha: slopeOf('alpha', 1) };
          const weighted = (x: tf.Tensor) => {
            const { foreground, alpha } = network.matte(x as tf.Tensor4D, states[0]);
            return tf.add<tf.Scalar>(
              tf.sum(tf.mul(foreground, slopes.foreground)),
              tf.sum(tf.mul(alpha, slopes.alpha)),
            );
          };
          const found = sampled(tf.grad(weighted)(images[1]) as tf.Tensor4D, gradient.length);
          const error = Math.hypot(...found.map((value, i) => value - gradient[i]));
          expect(error / Math.hypot(...gradient)).toBeLessThan(1e-3);
        });
        network.dispose();
      },
    );
  });
}, ['wasm']);
