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

const activations = [
  'relu',
  'relu6',
  'elu',
  'sigmoid',
  'tanh',
  'swish',
  'selu',
  'softplus',
  'hardSigmoid',
  'linear',
] as const;

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

  it.each(activations)('has the gradient of a dilated convolution with %s', async (activation) => {
    const image = layers.input({ shape: [null, null, 3] });
    const dilated = layers.layers.conv2d({
      filters: 2,
      kernelSize: 3,
      padding: 'same',
      dilationRate: 2,
      activation,
      kernelInitializer: start(5),
      biasInitializer: 'ones',
    });
    const map = dilated.apply(image) as layers.SymbolicTensor;
    const head = layers.layers.conv2d({
      filters: 1,
      kernelSize: 1,
      activation: 'sigmoid',
      kernelInitializer: start(6),
    });
    const model = layers.model({
      inputs: image,
      outputs: head.apply(map) as layers.SymbolicTensor,
    });
    const adapted = fromLayersModel(model, { kind: 'matting', name: activation });
    const picture = tf.randomUniform([1, 32, 32, 3], 0, 1, 'float32', 1) as tf.Tensor4D;
    const [answer, direct] = tf.tidy(() => [
      adapted.alpha({ image: picture }).dataSync(),
      (model.predict(picture) as tf.Tensor).dataSync(),
    ]);
    expect(Math.max(...answer.map((v, i) => Math.abs(v - direct[i])))).toBeLessThan(1e-6);
    const alpha = (x: tf.Tensor) => adapted.alpha({ image: x as tf.Tensor4D });
    const check = await checkGradient(alpha, [picture], { epsilon: 1e-3, directions: 2 });
    expect(check.relativeError).toBeLessThan(0.02);
    model.dispose();
    picture.dispose();
  });

  it('takes several pictures where the model is made for one', () => {
    const image = layers.input({ batchShape: [1, 32, 32, 3] });
    const head = layers.layers.conv2d({ filters: 1, kernelSize: 3, padding: 'same' });
    const model = layers.model({
      inputs: image,
      outputs: head.apply(image) as layers.SymbolicTensor,
    });
    const adapted = fromLayersModel(model, { kind: 'matting', name: 'single' });
    const pictures = tf.randomUniform([2, 32, 32, 3], 0, 1, 'float32', 1) as tf.Tensor4D;
    tf.tidy(() => {
      const both = adapted.alpha({ image: pictures });
      const second = adapted.alpha({ image: tf.slice(pictures, 1) });
      const difference = tf.abs(tf.sub(tf.slice(both, 1), second));
      expect(tf.max(difference).dataSync()[0]).toBeLessThan(1e-6);
    });
    model.dispose();
    pictures.dispose();
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
