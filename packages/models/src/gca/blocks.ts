import { averagePool, reflectPad, resize } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import { type Activation, type Layer, leakyRelu, type NetworkBuilder } from '../layers';
import type { FeatureMap } from '../layers/feature-map';

/** Of the decoder. */
export const leaky = leakyRelu(0.2);

/** Spectrally normalised and without bias, as nearly every convolution of GCA. */
const spectral = { weight: 'spectral', bias: false } as const;

/** Convolution, batch normalisation, activation. */
export function unit(
  build: NetworkBuilder,
  name: string,
  norm: string,
  spec: {
    inputs: number | readonly number[];
    outputs: number;
    kernel?: number;
    stride?: number;
    activation?: Activation;
  },
): Layer {
  const { kernel = 3, activation = 'linear' } = spec;
  return build.convolution(`${name}.module`, {
    ...spec,
    kernel,
    ...spectral,
    norm: { name: norm },
    activation,
  });
}

/** Transposed convolution to twice the size, batch normalisation, leaky ReLU. */
export function doubling(
  build: NetworkBuilder,
  name: string,
  norm: string,
  inputs: number,
  outputs: number,
): Layer {
  return build.transposed(`${name}.module`, {
    inputs,
    outputs,
    kernel: 4,
    stride: 2,
    padding: 1,
    ...spectral,
    norm: { name: norm },
    activation: leaky,
  });
}

/** A stage of the encoder, ResNet-D: the identity is averaged, not sampled, where the stage halves the map. */
export function encoderStage(
  build: NetworkBuilder,
  name: string,
  inputs: number,
  outputs: number,
  depth: number,
): (x: FeatureMap) => FeatureMap {
  const blocks = Array.from({ length: depth }, (_, i) => {
    const block = `${name}.${i}`;
    const halves = i === 0 && inputs !== outputs;
    const first = unit(build, `${block}.conv1`, `${block}.bn1`, {
      inputs: i === 0 ? inputs : outputs,
      outputs,
      stride: halves ? 2 : 1,
      activation: 'relu',
    });
    const second = unit(build, `${block}.conv2`, `${block}.bn2`, { inputs: outputs, outputs });
    const project = halves
      ? unit(build, `${block}.downsample.1`, `${block}.downsample.2`, {
          inputs,
          outputs,
          kernel: 1,
        })
      : undefined;
    return (x: FeatureMap) => {
      const identity = project ? project(averagePool(x, { size: 2 })) : x;
      return tf.relu(tf.add<FeatureMap>(second(first(x)), identity));
    };
  });
  return (x) => blocks.reduce((y, block) => block(y), x);
}

/** A stage of the decoder; its first block doubles the map. */
export function decoderStage(
  build: NetworkBuilder,
  name: string,
  inputs: number,
  outputs: number,
  depth: number,
): (x: FeatureMap) => FeatureMap {
  const blocks = Array.from({ length: depth }, (_, i) => {
    const block = `${name}.${i}`;
    const doubles = i === 0;
    const hidden = doubles ? inputs : outputs;
    const first = doubles
      ? doubling(build, `${block}.conv1`, `${block}.bn1`, inputs, inputs)
      : unit(build, `${block}.conv1`, `${block}.bn1`, {
          inputs: outputs,
          outputs,
          activation: leaky,
        });
    const second = unit(build, `${block}.conv2`, `${block}.bn2`, { inputs: hidden, outputs });
    const project = doubles
      ? unit(build, `${block}.upsample.1`, `${block}.upsample.2`, { inputs, outputs, kernel: 1 })
      : undefined;
    return (x: FeatureMap) => {
      // Published the other way round; a 1×1 convolution of equal pixels is the same pixel.
      const identity = project
        ? resize(project(x), [2 * x.shape[1], 2 * x.shape[2]], 'nearest')
        : x;
      return leaky(tf.add<FeatureMap>(second(first(x)), identity));
    };
  });
  return (x) => blocks.reduce((y, block) => block(y), x);
}

/** Twice [3×3, ReLU, batch normalisation], from the encoder to the decoder. */
export function shortcut(
  build: NetworkBuilder,
  name: string,
  inputs: number | readonly number[],
  outputs: number,
): Layer {
  const convolution = (index: number, from: number | readonly number[]) =>
    build.convolution(`${name}.${index}.module`, {
      inputs: from,
      outputs,
      kernel: 3,
      ...spectral,
      activation: 'relu',
    });
  const layers = [
    convolution(0, inputs),
    build.norm(`${name}.2`, outputs),
    convolution(3, outputs),
    build.norm(`${name}.5`, outputs),
  ];
  return (x) => layers.slice(1).reduce((y, layer) => layer(y), layers[0](x));
}

/** Thrice [reflection, 3×3 at stride 2, ReLU, batch normalisation] on the picture alone. */
export function guidanceHead(
  build: NetworkBuilder,
  name: string,
  widths: readonly number[],
): (x: FeatureMap) => FeatureMap {
  const stages = widths.map((outputs, i) => {
    const convolve = build.convolution(`${name}.${4 * i + 1}.module`, {
      inputs: i === 0 ? 3 : widths[i - 1],
      outputs,
      kernel: 3,
      stride: 2,
      padding: 0,
      ...spectral,
      activation: 'relu',
    });
    const norm = build.norm(`${name}.${4 * i + 3}`, outputs);
    return (x: FeatureMap) => norm(convolve(reflectPad(x, 1)));
  });
  return (x) => stages.reduce((y, stage) => stage(y), x);
}
