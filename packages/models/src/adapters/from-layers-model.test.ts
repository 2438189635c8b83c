import { InvalidOptionError } from '@latent-matte/core';
import {
  checkGradient,
  describeMattingModel,
  describeTrainableMatting,
  mockPortraits,
} from '@latent-matte/core/testing';
import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MattingDescription } from './description';
import { fromLayersModel } from './from-layers-model';

const start = (seed: number) => layers.initializers.randomNormal({ mean: 0, stddev: 0.3, seed });

function keras({ trimap = false } = {}): layers.LayersModel {
  const image = layers.input({ shape: [null, null, 3], name: 'image' });
  const levels = layers.input({ shape: [null, null, 1], name: 'levels' });
  const convolution = (seed: number, filters: number, dilationRate: number) =>
    layers.layers.conv2d({
      filters,
      kernelSize: 3,
      padding: 'same',
      dilationRate,
      useBias: seed === 1,
      kernelInitializer: start(seed),
    });
  const first = convolution(1, 4, 2).apply(image) as layers.SymbolicTensor;
  const normal = layers.layers.batchNormalization().apply(first);
  const second = convolution(2, 1, 1).apply(normal) as layers.SymbolicTensor;
  const sum = trimap ? layers.layers.add().apply([second, levels]) : second;
  const alpha = layers.layers
    .activation({ activation: 'sigmoid' })
    .apply(sum) as layers.SymbolicTensor;
  return layers.model({ inputs: trimap ? [levels, image] : image, outputs: [first, alpha] });
}

const description = (model: layers.LayersModel): MattingDescription => ({
  kind: 'matting',
  name: 'keras',
  output: { name: model.outputNames[1] },
});

eachBackend(() => {
  let shared: layers.LayersModel;
  beforeAll(() => {
    shared = keras();
  });
  afterAll(() => {
    shared.dispose();
  });
  describeMattingModel({ describe, it }, () => fromLayersModel(shared, description(shared)), {
    width: 48,
    height: 32,
  });

  describeTrainableMatting({ describe, it }, () => fromLayersModel(shared, description(shared)), {
    width: 48,
    height: 32,
  });

  it('answers as the model does, and leaves it as it was', () => {
    const image = mockPortraits(48, 32, [1]);
    const model = fromLayersModel(shared, description(shared));
    const error = tf.tidy(() => {
      const expected = (shared.predict(image) as tf.Tensor[])[1];
      const alpha = model.alpha({ image });
      return tf.max(tf.abs(tf.sub(alpha, expected))).dataSync()[0];
    });
    expect(error).toBeLessThan(1e-5);
    expect(shared.layers.some((layer) => Object.hasOwn(layer, 'call'))).toBe(false);
    model.dispose();
    image.dispose();
  });

  it('takes a sequential model that was not called yet', () => {
    const network = layers.sequential({
      layers: [
        layers.layers.conv2d({ inputShape: [null, null, 3], filters: 4, kernelSize: 1 }),
        layers.layers.conv2d({ filters: 1, kernelSize: 1 }),
      ],
    });
    const image = mockPortraits(48, 32, [1]);
    const before = tf.memory().numTensors;
    const model = fromLayersModel(network, {
      kind: 'matting',
      name: 'sequential',
      output: { activation: 'sigmoid' },
    });
    const error = tf.tidy(() => {
      const alpha = model.alpha({ image });
      const expected = tf.sigmoid(network.predict(image) as tf.Tensor);
      return tf.max(tf.abs(tf.sub(alpha, expected))).dataSync()[0];
    });
    expect(error).toBeLessThan(1e-5);
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
    network.dispose();
    image.dispose();
  });

  it('has two inputs, the trimap being one', async () => {
    const network = keras({ trimap: true });
    const model = fromLayersModel(network, {
      ...description(network),
      input: { name: 'image' },
      trimap: { as: 'input', name: 'levels', values: [-1, 0, 1] },
    });
    const image = mockPortraits(48, 32, [1]);
    const trimap = tf.fill([1, 32, 48, 1], 0.5) as tf.Tensor4D;
    const run = (x: tf.Tensor) => model.alpha({ image: x as tf.Tensor4D, trimap });
    const { relativeError } = await checkGradient(run, [image], { directions: 2 });
    expect(relativeError).toBeLessThan(0.01);
    model.dispose();
    network.dispose();
    tf.dispose([image, trimap]);
  });
});

it('refuses names that the model does not have, and inputs that nobody described', () => {
  const model = keras({ trimap: true });
  const attempt = (more: Partial<MattingDescription>) => () =>
    fromLayersModel(model, { ...description(model), ...more });
  for (const [more, message] of [
    [{ input: { name: 'photo' } }, /no input "photo".*"levels", "image"/],
    [{ output: { name: 'beta' } }, /no output "beta"/],
    [{}, /inputs "levels", "image"; the description knows one/],
  ] as const) {
    expect(attempt(more)).toThrow(InvalidOptionError);
    expect(attempt(more)).toThrow(message);
  }
  expect(() => fromLayersModel({} as never, description(model))).toThrow(/not a layers model/);
  model.dispose();
});
