import { createRandom } from '@latent-matte/core';
import { checkLeaks } from '@latent-matte/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import type { Map64 } from './map64';

export interface OpCase {
  readonly name: string;
  readonly shape: Map64['shape'];
  /** Makes the op with its weights: they have to outlive the forward pass. */
  readonly make: () => (x: tf.Tensor4D) => tf.Tensor;
  /** The same in float64, from the definition. */
  readonly oracle: (x: Map64) => { shape: readonly number[]; data: ArrayLike<number> };
  /** Largest error relative to the largest value. Default 2e-5. */
  readonly tolerance?: number;
  /** The input; default normal noise. */
  readonly input?: (noise: Float32Array) => Float32Array;
}

/** Distance of the two points of the central differences in float64. */
const EPSILON = 1e-5;

/**
 * Tests the value of an op against its oracle, every entry of its gradient against central differences of the
 * oracle in float64, and that nothing leaks.
 */
export function itMatchesItsOracle(one: OpCase): void {
  it(`${one.name}: value, gradient and leaks`, async () => {
    const { shape, make, oracle, tolerance = 2e-5, input = (noise) => noise } = one;
    const random = createRandom(21);
    const values = input(random.normals(shape.reduce((a, b) => a * b)));
    const x64 = Float64Array.from(values);
    const { expected, r, gradient } = remembered(() => {
      const y = oracle({ shape, data: x64 });
      const weights = random.normals(y.data.length);
      return {
        expected: y,
        r: weights,
        gradient: gradient64(oracle, { shape, data: x64 }, weights),
      };
    });
    let found: ArrayLike<number> = [];
    let slope: ArrayLike<number> = [];
    let foundShape: number[] = [];
    const leaks = await checkLeaks(async () => {
      const x = tf.tensor4d(values, shape as [number, number, number, number]);
      const [y, dx] = tf.tidy(() => {
        const op = make();
        const value = op(x);
        foundShape = value.shape;
        const weights = tf.tensor(r, value.shape);
        return [value, tf.grad((z) => tf.sum(tf.mul(op(z as tf.Tensor4D), weights)))(x)];
      });
      [found, slope] = await Promise.all([y.data(), dx.data()]);
      tf.dispose([x, y, dx]);
    });
    expect(leaks).toEqual({ leaked: 0 });
    expect(foundShape).toEqual(expected.shape);
    expectClose(found, expected.data, tolerance);
    expectClose(slope, gradient, tolerance);
  });
}

interface Expectation {
  readonly expected: ReturnType<OpCase['oracle']>;
  /** Weights of the outputs. */
  readonly r: Float32Array;
  readonly gradient: Float64Array;
}

/** What the oracles of this test file said: every backend is held against the same. */
const expectations = new Map<string, Expectation>();

function remembered(compute: () => Expectation): Expectation {
  const test = expect.getState().currentTestName ?? '';
  const name = test.replace(/on (cpu|wasm|tensorflow|webgpu) > /, '');
  const known = expectations.get(name) ?? compute();
  expectations.set(name, known);
  return known;
}

/** ∇ₓ ⟨r, oracle(x)⟩ by central differences. */
export function gradient64(oracle: OpCase['oracle'], x: Map64, r: ArrayLike<number>): Float64Array {
  const objective = () => {
    const { data } = oracle(x);
    let sum = 0;
    for (let i = 0; i < r.length; i++) sum += r[i] * data[i];
    return sum;
  };
  return x.data.map((value, i) => {
    x.data[i] = value + EPSILON;
    const ahead = objective();
    x.data[i] = value - EPSILON;
    const behind = objective();
    x.data[i] = value;
    return (ahead - behind) / (2 * EPSILON);
  });
}

export function expectClose(
  found: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
): void {
  expect(found.length).toBe(expected.length);
  let error = 0;
  let scale = 0;
  for (let i = 0; i < expected.length; i++) {
    if (Number.isNaN(found[i])) throw new Error(`NaN at ${i}`);
    error = Math.max(error, Math.abs(found[i] - expected[i]));
    scale = Math.max(scale, Math.abs(expected[i]));
  }
  expect(error / Math.max(scale, 1e-12)).toBeLessThan(tolerance);
}

/** Seeded weights of an op, the same for op and oracle. */
export function weight64(
  shape: readonly number[],
  seed = 1,
): { shape: number[]; data: Float64Array } {
  const noise = createRandom(seed).normals(shape.reduce((a, b) => a * b));
  return { shape: [...shape], data: Float64Array.from(noise) };
}

export const tensorOf = <T extends tf.Tensor>({
  shape,
  data,
}: {
  shape: readonly number[];
  data: Float64Array;
}): T => tf.tensor(Float32Array.from(data), [...shape]) as T;
