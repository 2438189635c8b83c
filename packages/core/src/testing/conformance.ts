import * as tf from '@tensorflow/tfjs-core';
import { type ModelInfo, SPEC_VERSION } from '../contracts';
import { checkGradient } from './gradient-check';
import { checkLeaks } from './leak-check';

/**
 * The functions a conformance suite registers its tests with: vitest's, jest's, or those of `node:test` fit.
 * The suites throw plain errors, so that this package depends on no test framework.
 */
export interface TestFramework {
  describe(name: string, body: () => void): void;
  it(name: string, body: () => Promise<void>): void;
}

export interface ConformanceOptions {
  /** Title of the suite. Default: the name of the interface. */
  title?: string;
  /** Width of the test pictures. Default 64. */
  width?: number;
  /** Height of the test pictures. Default 64. */
  height?: number;
  /**
   * Largest relative error of the gradient against finite differences. Default 0.02: kinks of ReLU and float32
   * rounding stay below, a wrong gradient does not.
   */
  gradientTolerance?: number;
  /** Step of the finite differences. Default 1e-2; smaller for networks with many kinks. */
  gradientEpsilon?: number;
}

/** Defaults for every suite. */
export function withDefaults(options: ConformanceOptions, title: string) {
  return {
    title,
    width: 64,
    height: 64,
    gradientTolerance: 0.02,
    gradientEpsilon: 1e-2,
    ...options,
  };
}

export function check(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(message);
}

/** Name, licence and version are what {@link ModelInfo} asks for. */
export function checkInfo({ specVersion, name, license }: ModelInfo): void {
  check(specVersion === SPEC_VERSION, `specVersion is ${specVersion}, expected ${SPEC_VERSION}`);
  check(name.trim() !== '', 'name is empty');
  check(license.trim() !== '', `"${name}" states no license`);
}

/** The sizes a network accepts make sense and admit the test picture. */
export function checkInputRule(
  { multipleOf, min, max }: { multipleOf: number; min: number; max: number },
  width: number,
  height: number,
): void {
  check(Number.isInteger(multipleOf) && multipleOf >= 1, `input.multipleOf is ${multipleOf}`);
  check(min >= 1 && min <= max, `input.min is ${min}, input.max ${max}`);
  for (const side of [width, height]) {
    check(
      side % multipleOf === 0 && side >= min && side <= max,
      `the suite's pictures are ${width}×${height}, which this model does not accept: pass another size`,
    );
  }
}

export function checkShape(what: string, tensor: tf.Tensor, expected: readonly number[]): void {
  check(
    tensor.shape.length === expected.length &&
      expected.every((size, i) => size === tensor.shape[i]),
    `${what} has shape [${tensor.shape}], expected [${expected}]`,
  );
  check(tensor.dtype === 'float32', `${what} is ${tensor.dtype}, expected float32`);
}

/** Every value is finite and lies within `[low, high]`. Returns the values. */
export async function checkValues(
  what: string,
  tensor: tf.Tensor,
  low = Number.NEGATIVE_INFINITY,
  high = Number.POSITIVE_INFINITY,
): Promise<Float32Array> {
  const values = (await tensor.data()) as Float32Array;
  const bad = values.findIndex((v) => !Number.isFinite(v) || v < low || v > high);
  check(bad < 0, `${what} is ${values[bad]} at index ${bad}, expected [${low}, ${high}]`);
  return values;
}

/** Largest absolute difference; NaN when the lengths differ. */
export function maxDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.NaN;
  let max = 0;
  for (let i = 0; i < a.length; i++) max = Math.max(max, Math.abs(a[i] - b[i]));
  return max;
}

/** Two calls give the same bits. */
export async function checkDeterminism(f: () => tf.Tensor): Promise<void> {
  const [first, second] = [tf.tidy(f), tf.tidy(f)];
  const difference = maxDifference(await first.data(), await second.data());
  tf.dispose([first, second]);
  check(difference === 0, `two calls with the same input differ by ${difference}`);
}

/** A batch of two gives what its two members give alone. */
export async function checkBatch(
  f: (image: tf.Tensor4D) => tf.Tensor,
  both: tf.Tensor4D,
): Promise<void> {
  const [together, apart] = tf.tidy(() => [
    f(both),
    tf.concat((tf.split(both, 2) as tf.Tensor4D[]).map(f)),
  ]);
  const expected = (await apart.data()) as Float32Array;
  const scale = expected.reduce((max, value) => Math.max(max, Math.abs(value)), 1e-3);
  const difference = maxDifference(await together.data(), expected);
  tf.dispose([together, apart]);
  check(difference <= 1e-4 * scale, `a batch of two differs from its members by ${difference}`);
}

export async function checkAgainstDifferences(
  f: (...inputs: tf.Tensor[]) => tf.Tensor,
  inputs: readonly tf.Tensor[],
  { gradientTolerance, gradientEpsilon }: { gradientTolerance: number; gradientEpsilon: number },
): Promise<void> {
  const { relativeError, analytic, numeric } = await checkGradient(f, inputs, {
    epsilon: gradientEpsilon,
  });
  check(
    analytic.some((slope) => slope !== 0),
    'the gradient is zero in every direction: declare differentiable: "none", or fix it',
  );
  check(
    relativeError <= gradientTolerance,
    `the gradient is off by ${relativeError}: analytic [${analytic}], finite differences [${numeric}]`,
  );
}

/** `run` leaves no tensor behind and does not dispose its input. */
export async function checkNoLeaks(what: string, run: () => unknown): Promise<void> {
  const { leaked, error } = await checkLeaks(run);
  if (error !== undefined) throw error;
  check(leaked === 0, `${what} leaves ${leaked} tensors behind`);
}

/** Making, using and disposing (twice) a model leaves nothing behind. */
export async function checkDispose<Model extends { dispose(): void }>(
  create: () => Model | Promise<Model>,
  use: (model: Model) => tf.Tensor,
): Promise<void> {
  await checkNoLeaks('create, use, dispose', async () => {
    const model = await create();
    use(model).dispose();
    model.dispose();
    model.dispose();
  });
}

/** Runs a test with a fresh model and disposes it whatever happens. */
export async function using<Model extends { dispose?(): void }>(
  create: () => Model | Promise<Model>,
  body: (model: Model) => Promise<void>,
): Promise<void> {
  const model = await create();
  try {
    await body(model);
  } finally {
    model.dispose?.();
  }
}
