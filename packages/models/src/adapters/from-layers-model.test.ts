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

const SELU = [1.0507009873554805, 1.6732632423543772] as const;
const softplus = (x: number) => Math.log1p(Math.exp(x));
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** Abramowitz and Stegun 7.1.26, to 1.5e-7. */
function erf(x: number): number {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const powers = [0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429];
  const sum = powers.reduceRight((rest, a) => (rest + a) * t, 0);
  return Math.sign(x) * (1 - sum * Math.exp(-x * x));
}

/** What each means, by the documentation of Keras 2. */
const activations: Readonly<Record<string, (x: number) => number>> = {
  relu: (x) => Math.max(0, x),
  relu6: (x) => Math.min(6, Math.max(0, x)),
  elu: (x) => (x > 0 ? x : Math.expm1(x)),
  selu: (x) => SELU[0] * (x > 0 ? x : SELU[1] * Math.expm1(x)),
  sigmoid,
  hardSigmoid: (x) => Math.min(1, Math.max(0, 0.2 * x + 0.5)),
  tanh: Math.tanh,
  swish: (x) => x * sigmoid(x),
  gelu: (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
  gelu_new: (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  mish: (x) => x * Math.tanh(softplus(x)),
  softplus,
  softsign: (x) => x / (1 + Math.abs(x)),
  linear: (x) => x,
};

/** A 3×3 convolution with a dilation, "same", of one picture; the kernel as Keras keeps it. */
function dilatedByHand(
  picture: { data: Float32Array; height: number; width: number; channels: number },
  kernel: ArrayLike<number>,
  bias: number,
  dilation: readonly [number, number],
  activate: (x: number) => number,
): Float32Array {
  const { data, height, width, channels } = picture;
  return Float32Array.from({ length: height * width }, (_, at) => {
    const [y, x] = [Math.floor(at / width), at % width];
    let sum = bias;
    for (let i = -1; i <= 1; i++) {
      for (let j = -1; j <= 1; j++) {
        const [row, column] = [y + i * dilation[0], x + j * dilation[1]];
        if (row < 0 || row >= height || column < 0 || column >= width) continue;
        for (let c = 0; c < channels; c++) {
          const weight = kernel[((i + 1) * 3 + (j + 1)) * channels + c]!;
          sum += weight * data[(row * width + column) * channels + c]!;
        }
      }
    }
    return activate(sum);
  });
}

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

  it.each(
    Object.entries(activations).flatMap(([name, meaning]) =>
      [2, 3].map((dilation) => [name, dilation, meaning] as const),
    ),
  )('has the values of a convolution with %s, dilated by %i', (activation, dilation, meaning) => {
    // No border is laid around multiples of 32.
    const [height, width] = [32, 64];
    const kernel = tf.randomNormal([3, 3, 3, 1], 0, 0.6, 'float32', 7);
    const image = layers.input({ shape: [null, null, 3] });
    const dilated = layers.layers.conv2d({
      filters: 1,
      kernelSize: 3,
      padding: 'same',
      dilationRate: dilation,
      activation: activation as 'relu',
      weights: [kernel, tf.tensor1d([-0.4])],
    });
    // Brought into the range of an alpha: what is compared is the convolution.
    const narrow = layers.layers.conv2d({
      filters: 1,
      kernelSize: 1,
      weights: [tf.tensor4d([0.02], [1, 1, 1, 1]), tf.tensor1d([0.5])],
    });
    const map = narrow.apply(dilated.apply(image)) as layers.SymbolicTensor;
    const model = layers.model({ inputs: image, outputs: map });
    const adapted = fromLayersModel(model, { kind: 'matting', name: activation });
    const picture = tf.randomUniform([1, height, width, 3], 0, 1, 'float32', 8) as tf.Tensor4D;
    const data = picture.dataSync() as Float32Array;
    const found = tf.tidy(() => adapted.alpha({ image: picture }).dataSync());
    const wanted = dilatedByHand(
      { data, height, width, channels: 3 },
      kernel.dataSync(),
      -0.4,
      [dilation, dilation],
      meaning,
    );
    const worst = (found as Float32Array).reduce(
      (w, v, i) => Math.max(w, Math.abs(v - (0.5 + 0.02 * wanted[i]!))),
      0,
    );
    expect(worst).toBeLessThan(2e-6);
    model.dispose();
    tf.dispose([picture, kernel]);
  });

  it.each([
    [2, 2],
    [1, 3],
    [3, 2],
  ] as const)(
    'has the values of a depthwise convolution dilated by %i and %i, and a gradient',
    async (...dilation) => {
      const [height, width] = [32, 64];
      const kernel = tf.randomNormal([3, 3, 3, 1], 0, 0.2, 'float32', 7);
      const image = layers.input({ shape: [null, null, 3] });
      const dilated = layers.layers.depthwiseConv2d({
        kernelSize: 3,
        padding: 'same',
        dilationRate: [...dilation],
        weights: [kernel, tf.zeros([3])],
      });
      // The sum over its channels is a convolution of one channel with the same kernel.
      const sum = layers.layers.conv2d({
        filters: 1,
        kernelSize: 1,
        weights: [tf.fill([1, 1, 3, 1], 0.1), tf.tensor1d([0.5])],
      });
      const map = sum.apply(dilated.apply(image)) as layers.SymbolicTensor;
      const model = layers.model({ inputs: image, outputs: map });
      const adapted = fromLayersModel(model, { kind: 'matting', name: 'depthwise' });
      const picture = tf.randomUniform([1, height, width, 3], 0, 1, 'float32', 8) as tf.Tensor4D;
      const alpha = (x: tf.Tensor) => adapted.alpha({ image: x as tf.Tensor4D });
      const found = tf.tidy(() => alpha(picture).dataSync());
      const data = picture.dataSync() as Float32Array;
      const of = { data, height, width, channels: 3 };
      const wanted = dilatedByHand(of, kernel.dataSync(), 0, dilation, (x) => 0.5 + 0.1 * x);
      expect(Math.max(...wanted.map((value, i) => Math.abs(value - found[i]!)))).toBeLessThan(2e-6);
      const { relativeError } = await checkGradient(alpha, [picture], { directions: 1 });
      expect(relativeError).toBeLessThan(1e-3);
      model.dispose();
      tf.dispose([picture, kernel]);
    },
  );

  it('refuses a dilated transposed convolution, which tfjs-layers computes without', () => {
    const image = layers.input({ shape: [null, null, 3] });
    const up = layers.layers.conv2dTranspose({ filters: 1, kernelSize: 3, dilationRate: 2 });
    const model = layers.model({
      inputs: image,
      outputs: up.apply(image) as layers.SymbolicTensor,
    });
    const make = () => fromLayersModel(model, { kind: 'matting', name: 'up' });
    expect(make).toThrow(/transposed convolution with a dilation/);
    model.dispose();
  });

  it('takes dilated convolutions of planar maps', async () => {
    const image = layers.input({ shape: [3, null, null] });
    const dilated = layers.layers.conv2d({
      filters: 1,
      kernelSize: 3,
      padding: 'same',
      dataFormat: 'channelsFirst',
      dilationRate: 2,
      activation: 'sigmoid',
      kernelInitializer: start(3),
    });
    const model = layers.model({
      inputs: image,
      outputs: dilated.apply(image) as layers.SymbolicTensor,
    });
    const adapted = fromLayersModel(model, {
      kind: 'matting',
      name: 'planar',
      input: { layout: 'NCHW' },
    });
    const picture = tf.randomUniform([1, 32, 64, 3], 0, 1, 'float32', 8) as tf.Tensor4D;
    const alpha = (x: tf.Tensor) => adapted.alpha({ image: x as tf.Tensor4D });
    const { relativeError } = await checkGradient(alpha, [picture], { directions: 1 });
    expect(relativeError).toBeLessThan(1e-2);
    model.dispose();
    picture.dispose();
  });

  it.each(Object.keys(activations))(
    'has the gradient of a dilated convolution with %s',
    async (activation) => {
      const image = layers.input({ shape: [null, null, 3] });
      const dilated = layers.layers.conv2d({
        filters: 2,
        kernelSize: 3,
        padding: 'same',
        dilationRate: 2,
        activation: activation as 'relu',
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
    },
  );

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
