import '@latent-matte/core/gradients';
import type { PureFunction } from '@latent-matte/core/internal';
import { convolution, stopGradient } from '@latent-matte/core/ops';
import { everyBackend } from '@latent-matte/test-kit/every-backend';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { nativePassCompiler } from './native-pass-compiler';

const { pass: compilePass, gradient: compileGradient } = nativePassCompiler(false);

interface Counted {
  getNumOfSavedModels(): number;
  loadSavedModelMetaGraph(folder: string, tags: string): number;
  runSavedModel(...args: unknown[]): tf.Tensor[];
}
const tidily = <T>(make: () => T): T => {
  const made: { value?: T } = {};
  tf.tidy(() => {
    made.value = make();
  });
  return made.value as T;
};
const native = () => tf.backend() as unknown as Counted;

afterEach(() => vi.restoreAllMocks());

everyBackend(() => {
  const filter = () => tf.randomNormal<tf.Rank.R4>([3, 3, 3, 8], 0, 0.2, 'float32', 1);
  const picture = (seed: number) =>
    tf.randomUniform<tf.Rank.R4>([1, 12, 9, 3], 0, 1, 'float32', seed);

  /** A convolution with bias and activation, a resize, sums of two maps, a mean, a comparison: what networks are made of. */
  const network =
    (weights: tf.Tensor4D, bias: tf.Tensor1D): PureFunction =>
    ([x, mask]) =>
      tf.tidy(() => {
        const map = convolution(
          x as tf.Tensor4D,
          { filter: weights, bias },
          { activation: 'relu' },
        );
        const hard = tf.mul(tf.mul(map, 1 / 6), tf.relu6(tf.add(map, 3)));
        const gate = tf.sigmoid(tf.mean(hard, [1, 2], true));
        const large = tf.image.resizeBilinear(tf.mul(hard, gate) as tf.Tensor4D, [24, 18]);
        const back = tf.image.resizeBilinear(large, [12, 9]);
        const sum = tf.add(tf.sum(tf.add(back, map), 3, true), tf.mul(mask, 2));
        const isLarge = stopGradient(() => tf.greater(sum, 1));
        return [tf.where(isLarge, sum, tf.square(sum))];
      });

  const near = (found: tf.Tensor, expected: tf.Tensor) => {
    const [a, b] = [found.dataSync(), expected.dataSync()];
    expect(found.shape).toEqual(expected.shape);
    for (let i = 0; i < a.length; i++) expect(a[i]).toBeCloseTo(b[i], 4);
  };

  it('a compiled pass answers as the kernels do, for other values too, and frees all', () => {
    const [weights, bias, mask] = [filter(), tf.linspace(-1, 1, 8), tf.ones([1, 12, 9, 1])];
    const run = network(weights, bias);
    const tensors = tf.memory().numTensors;
    const models = native().getNumOfSavedModels();
    const pass = tidily(() => compilePass(run, [picture(1), mask]));
    if (pass === undefined) expect.fail('not compiled');
    expect(tf.memory().numTensors).toBe(tensors);
    for (const seed of [1, 2, 3]) {
      tf.tidy(() => {
        const inputs = [picture(seed), tf.mul(mask, seed)];
        near(pass.run(inputs)[0], run(inputs)[0]);
      });
    }
    expect(native().getNumOfSavedModels()).toBe(models + 1);
    pass.dispose();
    expect(native().getNumOfSavedModels()).toBe(models);
    expect(tf.memory().numTensors).toBe(tensors);
    tf.dispose([weights, bias, mask]);
  });

  it('so does its gradient, with what the forward pass saved', () => {
    const [weights, bias, mask] = [filter(), tf.linspace(-1, 1, 8), tf.ones([1, 12, 9, 1])];
    const run = network(weights, bias);
    const tensors = tf.memory().numTensors;
    const pair = tidily(() => compileGradient(run, [picture(1), mask], 1));
    if (pair === undefined) expect.fail('not compiled');
    for (const seed of [4, 5]) {
      tf.tidy(() => {
        const [x, dy] = [picture(seed), tf.randomNormal([1, 12, 9, 1], 0, 1, 'float32', seed)];
        const expected = tf.grad((x) => run([x, mask])[0])(x, dy);
        const { value, saved } = pair.forward([x, mask]);
        near(value, run([x, mask])[0]);
        near(pair.backward(dy, saved)[0], expected);
      });
    }
    pair.dispose();
    expect(tf.memory().numTensors).toBe(tensors);
    tf.dispose([weights, bias, mask]);
  });

  describe('is not compiled, without a word', () => {
    const refused: Record<string, PureFunction> = {
      'what reads what it computed': ([x]) => [tf.mul(x, tf.max(x).dataSync()[0])],
      'what reads its input': ([x]) => [tf.mul(x, x.dataSync()[0])],
      'an answer that is the input': ([x]) => [x],
      'an answer that hangs on no input': () => [tf.ones([3])],
    };
    it.each(Object.entries(refused))('%s', (_, run) => {
      const warn = vi.spyOn(console, 'warn');
      const x = tf.tensor1d([1, 2, 3]);
      const tensors = tf.memory().numTensors;
      expect(compilePass(run, [x])).toBeUndefined();
      expect(tf.memory().numTensors).toBe(tensors);
      expect(warn).not.toHaveBeenCalled();
      x.dispose();
    });

    it('a gradient of several results', () => {
      const x = tf.tensor1d([1, 2, 3]);
      const tensors = tf.memory().numTensors;
      expect(compileGradient(([x]) => [tf.square(x), tf.exp(x)], [x], 1)).toBeUndefined();
      expect(tf.memory().numTensors).toBe(tensors);
      x.dispose();
    });
  });

  it('what fails in the function itself is thrown, and the backend is as before', () => {
    const x = tf.tensor1d([1, 2, 3]);
    const tensors = tf.memory().numTensors;
    const run: PureFunction = ([x]) => {
      tf.square(x);
      throw new Error('on purpose');
    };
    expect(() => compilePass(run, [x])).toThrow('on purpose');
    expect(() => compileGradient(run, [x], 1)).toThrow('on purpose');
    expect(tf.memory().numTensors).toBe(tensors);
    expect([...tf.square(x).dataSync()]).toEqual([1, 4, 9]);
  });

  it('a graph that TensorFlow does not take is told, and not used', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const x = tf.tensor1d([1, 2, 3]);
    vi.spyOn(native(), 'loadSavedModelMetaGraph').mockImplementation(() => {
      throw new Error('no such operator');
    });
    expect(compilePass(([x]) => [tf.square(x)], [x])).toBeUndefined();
    expect(warn.mock.calls[0][0]).toContain('no such operator');
    x.dispose();
  });

  it('two inputs that are one tensor are two another time', () => {
    const [x, y] = [tf.tensor1d([1, 2, 3]), tf.tensor1d([4, 5, 6])];
    const pass = compilePass(([a, b]) => [tf.sub(a, b)], [x, x]);
    expect([...(pass?.run([x, y])[0].dataSync() ?? [])]).toEqual([-3, -3, -3]);
    pass?.dispose();
    tf.dispose([x, y]);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])(
    'a pass that answers %d is compiled: its caller says so',
    (value) => {
      const warn = vi.spyOn(console, 'warn');
      const x = tf.tensor1d([1, value, 3]);
      const pass = compilePass(([x]) => [tf.mul(x, 2)], [x]);
      expect([...(pass?.run([x])[0].dataSync() ?? [])]).toEqual([2, value, 6]);
      expect(warn).not.toHaveBeenCalled();
      pass?.dispose();
      x.dispose();
    },
  );

  it('nor is one that answers something else', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const x = tf.tensor1d([1, 2, 3]);
    const models = native().getNumOfSavedModels();
    const { runSavedModel } = native();
    vi.spyOn(native(), 'runSavedModel').mockImplementation((...args) =>
      runSavedModel.apply(native(), args).map((each) => tf.mul(each, 1.01)),
    );
    expect(compilePass(([x]) => [tf.square(x)], [x])).toBeUndefined();
    expect(warn.mock.calls[0][0]).toMatch(/differs by 0\.09/);
    expect(native().getNumOfSavedModels()).toBe(models);
    x.dispose();
  });
}, ['tensorflow']);
