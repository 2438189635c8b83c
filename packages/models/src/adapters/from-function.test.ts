import { InvalidImageError, InvalidOptionError, ModelOutputError } from '@latent-matte/core';
import { gradientsOf } from '@latent-matte/core/internals';
import {
  checkGradient,
  describeMattingModel,
  describeTrimapModel,
  mockPortraits,
} from '@latent-matte/core/testing';
import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { MattingDescription } from './description';
import { fromFunction } from './from-function';

const mean = (x: tf.Tensor4D, axis: number): tf.Tensor => tf.mean(x, axis, true);
const matting = (more: Partial<MattingDescription> = {}): MattingDescription => ({
  kind: 'matting',
  name: 'mine',
  ...more,
});

eachBackend(() => {
  describeMattingModel(
    { describe, it },
    () =>
      fromFunction(
        (x) => mean(x, 1),
        matting({
          input: { layout: 'NCHW', colors: 'bgr', range: [-1, 1], size: { multipleOf: 16 } },
          output: { activation: 'sigmoid' },
          trimap: { encoding: 'one-hot' },
        }),
      ),
    { title: 'planar, with a trimap', width: 48, height: 32 },
  );
  describeMattingModel(
    { describe, it },
    () =>
      fromFunction(
        (x) => tf.avgPool(mean(x, 3) as tf.Tensor4D, 2, 2, 'valid'),
        matting({ input: { size: { fixed: [24, 24] } } }),
      ),
    { title: 'of one size', width: 48, height: 32 },
  );
  describeMattingModel(
    { describe, it },
    () =>
      fromFunction(
        (x) => tf.tensor4d(mean(x, 3).dataSync(), [x.shape[0], x.shape[1], x.shape[2], 1]),
        matting({ differentiable: 'none' }),
      ),
    { title: 'black box', width: 48, height: 32, differentiable: 'none' },
  );
  describeTrimapModel(
    { describe, it },
    () =>
      fromFunction((x) => tf.mul(x, 3), {
        kind: 'trimap',
        name: 'colours',
        output: { classes: [2, 0, 1] },
      }),
    { title: 'classes', width: 48, height: 32 },
  );
  describeTrimapModel(
    { describe, it },
    () =>
      fromFunction((x) => mean(x, 3), {
        kind: 'trimap',
        name: 'brightness',
        input: { size: { fixed: [32, 48], fit: 'stretch' } },
        output: { values: 'probabilities', person: { channel: 0, margin: 1 } },
      }),
    { title: 'person', width: 48, height: 32 },
  );

  const run = (description: MattingDescription, network: (x: tf.Tensor4D) => tf.Tensor) => {
    const image = mockPortraits(40, 24, [1]);
    const trimap = tf.fill([1, 24, 40, 1], 0.5) as tf.Tensor4D;
    const model = fromFunction(network, description);
    try {
      return tf.tidy(() => model.alpha({ image, trimap }).dataSync());
    } finally {
      model.dispose();
      tf.dispose([image, trimap]);
    }
  };

  it('prepares the picture as described', () => {
    let seen: number[] = [];
    const image = tf.tidy<tf.Tensor4D>(() =>
      tf.tile(tf.tensor4d([0.2, 0.4, 0.6], [1, 1, 1, 3]), [1, 32, 32, 1]),
    );
    const model = fromFunction(
      (x) => {
        seen = [...x.shape, ...tf.slice(x, [0, 0, 0, 0], [1, 3, 1, 1]).dataSync()];
        return tf.slice(x, [0, 0, 0, 0], [1, 1, 32, 32]);
      },
      matting({
        input: {
          layout: 'NCHW',
          colors: 'bgr',
          range: [0, 255],
          mean: [3, 2, 1],
          std: [50, 20, 10],
        },
      }),
    );
    model.alpha({ image }).dispose();
    expect(seen.slice(0, 4)).toEqual([1, 3, 32, 32]);
    expect(seen[4]).toBeCloseTo((153 - 3) / 50, 4);
    expect(seen[5]).toBeCloseTo((102 - 2) / 20, 4);
    expect(seen[6]).toBeCloseTo((51 - 1) / 10, 4);
    model.dispose();
    image.dispose();
  });

  it('keeps the proportions of a picture in a square network', () => {
    const image = mockPortraits(64, 32, [1]);
    const expected = tf.tidy(() => tf.mean(image, 3, true).dataSync());
    const model = fromFunction(
      (x) => mean(x, 3),
      matting({ input: { size: { fixed: [64, 64] } } }),
    );
    const alpha = tf.tidy(() => model.alpha({ image }).dataSync());
    expect(Math.max(...alpha.map((a, i) => Math.abs(a - expected[i])))).toBeLessThan(1e-5);
    model.dispose();
    image.dispose();
  });

  it('codes the trimap as an input of its own, and keeps the known pixels', () => {
    const image = mockPortraits(32, 32, [1]);
    const levels = Float32Array.from({ length: 1024 }, (_, i) => (i % 3) / 2);
    const trimap = tf.tensor4d(levels, [1, 32, 32, 1]);
    let seen = new Float32Array();
    const model = fromFunction(
      (x, t) => {
        seen = (t as tf.Tensor4D).dataSync() as Float32Array<ArrayBuffer>;
        return tf.mul(mean(x, 3), 0.5);
      },
      matting({ trimap: { as: 'input', values: [-1, 0, 1] } }),
    );
    const alpha = tf.tidy(() => model.alpha({ image, trimap }).dataSync());
    expect([...seen.slice(0, 6)]).toEqual([-1, 0, 1, -1, 0, 1]);
    expect([alpha[0], alpha[2], alpha[3], alpha[5]]).toEqual([0, 1, 0, 1]);
    expect(() => model.alpha({ image })).toThrow(InvalidImageError);
    model.dispose();
    tf.dispose([image, trimap]);
  });

  it('reports a gradient that cannot be, and keeps a black box constant', () => {
    const image = mockPortraits(32, 32, [1]);
    const ignorant = (x: tf.Tensor4D) => tf.fill([x.shape[0], x.shape[1], x.shape[2], 1], 0.5);
    const model = fromFunction(ignorant, matting());
    const slope = () =>
      gradientsOf((x) => tf.sum(model.alpha({ image: x as tf.Tensor4D })) as tf.Scalar, [image]);
    model.alpha({ image }).dispose();
    const before = tf.memory().numTensors;
    expect(slope).toThrow(/"mine" does not depend on the picture.*gradient is zero/);
    expect(tf.memory().numTensors).toBe(before);
    const box = fromFunction((x) => mean(x, 3), matting({ differentiable: 'none' }));
    const both = (x: tf.Tensor) =>
      tf.add(tf.sum(tf.mul(x, 2)), tf.sum(box.alpha({ image: x as tf.Tensor4D })));
    const gradient = tf.tidy(() => tf.grad(both)(image).dataSync());
    expect(new Set(gradient)).toEqual(new Set([2]));
    tf.dispose([image]);
    model.dispose();
    box.dispose();
  });

  it('has the right gradient through resizing and a trimap', async () => {
    const image = mockPortraits(40, 24, [1]);
    const trimap = tf.fill([1, 24, 40, 1], 0.5) as tf.Tensor4D;
    const model = fromFunction(
      (x) => mean(tf.square(x), 3),
      matting({ input: { size: { fixed: [32, 32] } }, trimap: {}, output: { range: [0, 2] } }),
    );
    const { relativeError } = await checkGradient(
      (x) => model.alpha({ image: x as tf.Tensor4D, trimap }),
      [image],
    );
    expect(relativeError).toBeLessThan(0.01);
    model.dispose();
    tf.dispose([image, trimap]);
  });

  it('passes NaN on, and says what a wrong answer looks like', () => {
    expect(run(matting(), (x) => tf.mul(mean(x, 3), Number.NaN))[0]).toBeNaN();
    const before = tf.memory().numTensors;
    const wrong: [(x: tf.Tensor4D) => tf.Tensor, RegExp][] = [
      [
        (x) => tf.transpose(mean(x, 3), [0, 3, 1, 2]),
        /"mine" answered \[1,1,32,40\].*read as NHWC/,
      ],
      [(x) => tf.mean(x), /answered \[\]/],
      [
        (x) =>
          tf.pad(x, [
            [0, 0],
            [0, 1],
            [0, 0],
            [0, 0],
          ]),
        /answered \[1,33,40,3\]/,
      ],
      [(async (x: tf.Tensor4D) => x) as never, /no tensor but a promise/],
    ];
    for (const [network, message] of wrong) {
      const attempt = () => run(matting(), network);
      expect(attempt).toThrow(ModelOutputError);
      expect(attempt).toThrow(message);
    }
    expect(() => run(matting({ output: { channel: 3 } }), (x) => x)).toThrow(
      /3 channels.*channel 3/,
    );
    expect(tf.memory().numTensors).toBe(before);
  });
});

it.each([
  [{ kind: 'mating' }, /kind = "mating"/],
  [{ name: '' }, /name = ""/],
  [{ input: { layout: 'CHWN' } }, /input\.layout/],
  [{ input: { mean: [1] } }, /input\.mean/],
  [{ input: { std: [1, 0, 1] } }, /input\.std/],
  [{ input: { size: { multipleOf: 0 } } }, /multipleOf/],
  [{ input: { size: { min: 64, max: 32 } } }, /input\.size/],
  [{ input: { size: 'y' } }, /input\.size = "y"/],
  [{ input: { size: 5 } }, /input\.size = 5/],
  [{ input: 'rgb' }, /input = "rgb"/],
  [{ output: null }, /output = null/],
  [{ input: { size: { fixed: [256] } } }, /fixed/],
  [{ output: { range: [1, 1] } }, /output\.range/],
  [{ output: { activation: 'tanh' } }, /activation/],
  [{ trimap: { values: [0, 1] } }, /trimap\.values/],
  [{ kind: 'trimap', output: { person: { channel: 0, margin: -1 } } }, /margin/],
])('refuses the description %j', (more, message) => {
  const attempt = () => fromFunction((x) => x, { ...matting(), ...more } as MattingDescription);
  expect(attempt).toThrow(InvalidOptionError);
  expect(attempt).toThrow(message);
});
