import { WeightsError } from '@latent-matte/core';
import type { WeightArchive } from '@latent-matte/core/checkpoints';
import { checkGradient, checkLeaks } from '@latent-matte/core/testing';
import { eachBackend } from '@latent-matte/test-kit/each-backend';
import { everyBackend } from '@latent-matte/test-kit/every-backend';
import { archiveOf, randomArchive } from '@latent-matte/test-kit/random-archive';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import {
  eachMap,
  hardSigmoid,
  hardSwish,
  joinChannels,
  type Layer,
  NetworkBuilder,
  normalizeImage,
  relu6,
  selectChannels,
  stateDict,
  withoutPrefix,
} from './index';

const map = (height: number, width: number, channels: number, seed = 1): tf.Tensor4D =>
  tf.randomNormal([2, height, width, channels], 0, 1, 'float32', seed);

/** The largest difference, relative to the largest value of the second. */
function difference(a: tf.Tensor, b: tf.Tensor): number {
  expect(a.shape).toEqual(b.shape);
  return tf.tidy(() => tf.div(tf.max(tf.abs(tf.sub(a, b))), tf.max(tf.abs(b))).dataSync()[0]);
}

/** A value of PyTorch's layout as the tensor stock tfjs ops want. */
const stock = (archive: WeightArchive, key: string, permutation: number[]): tf.Tensor4D => {
  const { shape, bytes } = archive.tensors.get(key)!;
  const values = new Float32Array(bytes.slice().buffer);
  return tf.transpose(tf.tensor<tf.Rank>(values, [...shape]), permutation) as tf.Tensor4D;
};
const vector = (archive: WeightArchive, key: string) =>
  tf.tensor1d(new Float32Array(archive.tensors.get(key)!.bytes.slice().buffer));

const normShapes = (name: string, channels: number) =>
  Object.fromEntries(
    ['weight', 'bias', 'running_mean', 'running_var'].map((part) => [
      `${name}.${part}`,
      [channels],
    ]),
  );

const stockNorm = (archive: WeightArchive, name: string, x: tf.Tensor4D, epsilon: number) =>
  tf.batchNorm4d(
    x,
    vector(archive, `${name}.running_mean`),
    vector(archive, `${name}.running_var`),
    vector(archive, `${name}.bias`),
    vector(archive, `${name}.weight`),
    epsilon,
  );

/** Builds one layer, compares it with the stock ops, checks its gradient, and counts tensors. */
async function check(
  archive: WeightArchive,
  declare: (build: NetworkBuilder) => Layer,
  x: tf.Tensor4D,
  expected: () => tf.Tensor,
): Promise<void> {
  const { leaked, error } = await checkLeaks(async () => {
    const build = new NetworkBuilder(archive, 'test');
    const layer = declare(build);
    const weights = build.finish();
    const error = tf.tidy(() => difference(layer(x), expected()));
    expect(error).toBeLessThan(2e-6);
    const { relativeError } = await checkGradient((y) => layer(y as tf.Tensor4D), [x], {
      epsilon: 1e-3,
      directions: 2,
    });
    expect(relativeError).toBeLessThan(5e-3);
    weights.dispose();
  });
  if (error !== undefined) throw error;
  expect(leaked).toBe(0);
}

eachBackend((backend) => {
  it.each([
    ['3×3', {}, 'same'],
    ['7×7, stride 2', { kernel: 7, stride: 2 }, 3],
    ['dilated', { dilation: 2 }, 'same'],
  ] as const)('folds batch normalisation: %s', async (_, options, pad) => {
    const spec = { kernel: 3, ...options };
    const { stride = 1, dilation = 1 } = options as { stride?: number; dilation?: number };
    const archive = randomArchive({
      'c.weight': [5, 4, spec.kernel, spec.kernel],
      'c.bias': [5],
      ...normShapes('n', 5),
    });
    const x = map(12, 10, 4);
    await check(
      archive,
      (build) =>
        build.convolution('c', {
          inputs: 4,
          outputs: 5,
          bias: true,
          norm: { name: 'n', epsilon: 0.001 },
          ...spec,
        }),
      x,
      () => {
        const filter = stock(archive, 'c.weight', [2, 3, 1, 0]);
        const border = typeof pad === 'number' ? [pad, pad] : [0, 0];
        const padded = tf.pad(x, [
          [0, 0],
          border as [number, number],
          border as [number, number],
          [0, 0],
        ]);
        const y = tf.conv2d(
          padded,
          filter,
          stride,
          pad === 'same' ? pad : 'valid',
          'NHWC',
          dilation,
        );
        return stockNorm(archive, 'n', tf.add(y, vector(archive, 'c.bias')), 0.001);
      },
    );
    x.dispose();
  });

  it('convolves several maps as their concatenation, and zeros for nothing', async () => {
    const archive = randomArchive({ 'c.weight': [7, 6, 3, 3], 'c.bias': [7] });
    const x = map(9, 8, 4);
    const other = map(9, 8, 2, 5);
    const build = new NetworkBuilder(archive, 'test');
    const split = build.convolutions('c', {
      inputs: [4, 2],
      outputs: [5, 2],
      kernel: 3,
      activation: 'relu',
    });
    const weights = build.finish();
    const whole = (second: tf.Tensor4D) =>
      tf.relu(
        tf.add(
          tf.conv2d(tf.concat([x, second], 3), stock(archive, 'c.weight', [2, 3, 1, 0]), 1, 'same'),
          vector(archive, 'c.bias'),
        ),
      );
    tf.tidy(() => {
      expect(difference(tf.concat(split([x, other]), 3), whole(other))).toBeLessThan(2e-6);
      const nothing = tf.zerosLike(other);
      expect(difference(tf.concat(split([x, undefined]), 3), whole(nothing))).toBeLessThan(2e-6);
      expect(() => split(x)).toThrow('takes [4,2] channels and was given [4]');
    });
    const { relativeError } = await checkGradient(
      (a, b) => split([a as tf.Tensor4D, b as tf.Tensor4D])[0],
      [x, other],
      // Small steps: few values of the ReLU change sign.
      { epsilon: 2e-4, directions: 2 },
    );
    expect(relativeError).toBeLessThan(0.02);
    tf.dispose([x, other]);
    weights.dispose();
  });

  it('depthwise', async () => {
    const archive = randomArchive({ 'd.weight': [4, 1, 3, 3], ...normShapes('n', 4) });
    const x = map(9, 10, 4);
    await check(
      archive,
      (build) => build.depthwise('d', { channels: 4, kernel: 3, dilation: 2, norm: { name: 'n' } }),
      x,
      () => {
        const filter = stock(archive, 'd.weight', [2, 3, 0, 1]);
        return stockNorm(archive, 'n', tf.depthwiseConv2d(x, filter, 1, 'same', 'NHWC', 2), 1e-5);
      },
    );
    x.dispose();
  });

  it('transposed', async () => {
    const archive = randomArchive({
      't.weight': [4, 3, 4, 4],
      't.bias': [3],
      ...normShapes('n', 3),
    });
    const x = map(5, 6, 4);
    await check(
      archive,
      (build) =>
        build.transposed('t', {
          inputs: 4,
          outputs: 3,
          kernel: 4,
          stride: 2,
          padding: 1,
          bias: true,
          norm: { name: 'n' },
        }),
      x,
      () => {
        const filter = stock(archive, 't.weight', [2, 3, 1, 0]);
        const y = tf.conv2dTranspose(x, filter, [2, 10, 12, 3], 2, 'same');
        return stockNorm(archive, 'n', tf.add(y, vector(archive, 't.bias')), 1e-5);
      },
    );
    x.dispose();
  });

  it('spectral normalisation, standardised weights, linear layers', () => {
    const shapes = {
      'c.weight_bar': [5, 4, 1, 1],
      'c.weight_u': [5],
      'c.weight_v': [4],
      's.weight': [3, 5, 1, 1],
      'l.weight': [2, 3],
    };
    const archive = randomArchive(shapes);
    const build = new NetworkBuilder(archive, 'test');
    const options = { kernel: 1, bias: false };
    const first = build.convolution('c', { inputs: 4, outputs: 5, weight: 'spectral', ...options });
    const second = build.convolution('s', {
      inputs: 5,
      outputs: 3,
      weight: 'standardized',
      ...options,
    });
    const third = build.convolution('l', { inputs: 3, outputs: 2, linear: true, ...options });
    const weights = build.finish();
    tf.tidy(() => {
      const x = map(3, 2, 4);
      const bar = tf.reshape(stock(archive, 'c.weight_bar', [0, 1, 2, 3]), [5, 4]);
      const u = tf.reshape(vector(archive, 'c.weight_u'), [1, 5]);
      const v = tf.reshape(vector(archive, 'c.weight_v'), [4, 1]);
      const sigma = tf.matMul(tf.matMul(u as tf.Tensor2D, bar as tf.Tensor2D), v as tf.Tensor2D);
      const raw = tf.reshape(stock(archive, 's.weight', [0, 1, 2, 3]), [3, 5]);
      const { mean, variance } = tf.moments(raw, 1, true);
      const standard = tf.div(tf.sub(raw, mean), tf.sqrt(tf.add(variance, 1e-5)));
      const dense = tf.reshape(stock(archive, 'l.weight', [0, 1]), [2, 3]);
      const chain = tf.matMul(dense, tf.matMul(standard, tf.div(bar, sigma))) as tf.Tensor2D;
      const rows = tf.reshape(x, [-1, 4]) as tf.Tensor2D;
      const expected = tf.reshape(tf.matMul(rows, chain, false, true), [2, 3, 2, 2]);
      expect(difference(third(second(first(x))), expected)).toBeLessThan(1e-5);
    });
    weights.dispose();
  });

  it('a normalisation of its own', async () => {
    const archive = randomArchive(normShapes('n', 4));
    const x = map(3, 5, 4);
    await check(
      archive,
      (build) => build.norm('n', 4),
      x,
      () => stockNorm(archive, 'n', x, 1e-5),
    );
    x.dispose();
  });

  it('selects and joins channels', async () => {
    const a = map(4, 3, 5);
    const b = map(4, 3, 2, 3);
    const f = (x: tf.Tensor, y: tf.Tensor) =>
      joinChannels([selectChannels(x as tf.Tensor4D, 1, 3), y as tf.Tensor4D]);
    tf.tidy(() => {
      const expected = tf.concat([tf.slice(a, [0, 0, 0, 1], [2, 4, 3, 3]), b], 3);
      expect(difference(f(a, b), expected)).toBe(0);
    });
    expect((await checkGradient(f, [a, b])).relativeError).toBeLessThan(1e-3);
    tf.dispose([a, b]);
  });

  if (backend !== 'cpu') return;

  it('normalises images', () => {
    const white = tf.ones([1, 1, 1, 3]) as tf.Tensor4D;
    const y = normalizeImage(white);
    [0.515 / 0.229, 0.544 / 0.224, 0.594 / 0.225].forEach((value, c) => {
      expect(y.dataSync()[c]).toBeCloseTo(value, 5);
    });
    tf.dispose([white, y]);
  });

  it('applies a function to each map', () => {
    const x = tf.ones([1, 1, 1, 1]) as tf.Tensor4D;
    const [first, second] = eachMap([x, undefined], (y) => tf.neg(y));
    expect(first!.dataSync()[0]).toBe(-1);
    expect(second).toBeUndefined();
    tf.dispose([x, first!]);
  });

  it('names everything that is wrong with a checkpoint, and leaves nothing behind', async () => {
    const archive = archiveOf({
      'a.weight': [[2, 3, 3, 3], new Float32Array(54)],
      'a.num_batches_tracked': [[1], new Float32Array(1)],
      'extra.bias': [[1], new Float32Array(1)],
      'head.weight': [[1], new Float32Array(1)],
    });
    const { leaked, error } = await checkLeaks(() => {
      const build = new NetworkBuilder(archive, 'demo', {
        ignore: (key) => key.startsWith('head'),
      });
      build.convolution('a', { inputs: 3, outputs: 4, kernel: 3 });
      build.finish();
    });
    expect(leaked).toBe(0);
    expect(error).toBeInstanceOf(WeightsError);
    const { message } = error as Error;
    expect(message).toContain('"a.weight" has shape [2, 3, 3, 3], expected [4, 3, 3, 3]');
    expect(message).toContain('"a.bias" is missing (expected shape [4])');
    expect(message).toContain('"extra.bias" is unexpected');
    expect(message).not.toMatch(/num_batches|head/);
  });

  it('sees the shapes of the file, without a prefix', () => {
    const archive = archiveOf({
      'module.a': [[2], new Float32Array(2)],
      b: [[1], new Float32Array(1)],
    });
    const stripped = withoutPrefix(archive, 'module.');
    expect(new NetworkBuilder(stripped, 'demo').shapeOf('a')).toEqual([2]);
    expect([...stripped.tensors.keys()]).toEqual(['a', 'b']);
    expect([...withoutPrefix(archive, 'module.', { only: true }).tensors.keys()]).toEqual(['a']);
    expect(withoutPrefix(archive, 'other.')).toBe(archive);
    const training = archiveOf({
      'state_dict/module.a': [[2], new Float32Array(2)],
      'optimizer/state': [[2], new Float32Array(2)],
    });
    expect([...stateDict(training).tensors.keys()]).toEqual(['a']);
  });

  it('keeps its tensors when it is made inside tidy, and counts parameters once', () => {
    const archive = randomArchive({ 'c.weight': [2, 3, 1, 1], 'c.bias': [2] });
    const { layer, weights } = (() => {
      const build = new NetworkBuilder(archive, 'test');
      const layer = build.convolution('c', { inputs: 3, outputs: 2, kernel: 1 });
      tf.engine().startScope();
      const weights = build.finish();
      tf.engine().endScope();
      return { layer, weights };
    })();
    expect(weights.parameterCount).toBe(8);
    tf.tidy(() => layer(tf.ones([1, 2, 2, 3])).dataSync());
    weights.dispose();
  });
});

everyBackend(() => {
  it('hard activations', async () => {
    const x = tf.mul(map(4, 4, 3), 3) as tf.Tensor4D;
    const value = tf.tidy(() => difference(hardSwish(x), tf.mul(x, hardSigmoid(x))));
    expect(value).toBeLessThan(1e-6);
    for (const activation of [hardSwish, hardSigmoid, relu6]) {
      const { relativeError } = await checkGradient((y) => activation(y as tf.Tensor4D), [x], {
        epsilon: 1e-3,
      });
      expect(relativeError).toBeLessThan(0.01);
    }
    const ends = tf.tensor1d([-1, 0, 3, 6, 7]);
    const slope = tf.grad((y) => relu6(y as tf.Tensor4D))(ends);
    expect([...slope.dataSync()]).toEqual([0, 0, 1, 0, 0]);
    tf.dispose([ends, slope]);
    x.dispose();
  });
}, ['cpu', 'wasm', 'tensorflow']);
