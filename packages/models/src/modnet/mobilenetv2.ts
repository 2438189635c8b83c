import * as tf from '@tensorflow/tfjs-core';
import type { Layer, NetworkBuilder } from '../layers';
import type { FeatureMap } from '../layers/feature-map';

/** Expansion, output channels, repetitions, stride of the first. */
const STAGES = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

/** Maps of MobileNetV2 that MODNet uses. */
export interface MobilenetFeatures {
  /** After module 1: 16 channels at 1/2. */
  readonly half: FeatureMap;
  /** After module 3: 24 channels at 1/4. */
  readonly quarter: FeatureMap;
  /** After module 18: 1280 channels at 1/32. */
  readonly last: FeatureMap;
}

/** MobileNetV2 (Sandler et al. 2018) in the form of MODNet's repository; no classifier. */
export function mobilenetV2(
  build: NetworkBuilder,
  prefix: string,
): (x: FeatureMap) => MobilenetFeatures {
  const modules: ((x: FeatureMap) => FeatureMap)[] = [
    build.convolution(`${prefix}0.0`, {
      inputs: 3,
      outputs: 32,
      kernel: 3,
      stride: 2,
      norm: { name: `${prefix}0.1` },
      activation: 'relu6',
    }),
  ];
  let inputs = 32;
  for (const [expansion, outputs, count, first] of STAGES) {
    for (let i = 0; i < count; i++) {
      const stride = i === 0 ? first : 1;
      const name = `${prefix}${modules.length}.conv`;
      modules.push(invertedResidual(build, name, { inputs, outputs, expansion, stride }));
      inputs = outputs;
    }
  }
  modules.push(
    build.convolution(`${prefix}${modules.length}.0`, {
      inputs,
      outputs: 1280,
      kernel: 1,
      norm: { name: `${prefix}${modules.length}.1` },
      activation: 'relu6',
    }),
  );
  const run = (x: FeatureMap, from: number, to: number) =>
    modules.slice(from, to).reduce((y, module) => module(y), x);
  return (x) => {
    const half = run(x, 0, 2);
    const quarter = run(half, 2, 4);
    return { half, quarter, last: run(quarter, 4, modules.length) };
  };
}

interface InvertedResidual {
  readonly inputs: number;
  readonly outputs: number;
  readonly expansion: number;
  readonly stride: number;
}

/** 1×1 up, depthwise 3×3, 1×1 down without activation; added to the input where sizes agree. */
function invertedResidual(
  build: NetworkBuilder,
  name: string,
  { inputs, outputs, expansion, stride }: InvertedResidual,
): (x: FeatureMap) => FeatureMap {
  const hidden = inputs * expansion;
  const layers: Layer[] = [];
  let index = 0;
  if (expansion !== 1) {
    layers.push(
      build.convolution(`${name}.0`, {
        inputs,
        outputs: hidden,
        kernel: 1,
        norm: { name: `${name}.1` },
        activation: 'relu6',
      }),
    );
    index = 3;
  }
  layers.push(
    build.depthwise(`${name}.${index}`, {
      channels: hidden,
      kernel: 3,
      stride,
      norm: { name: `${name}.${index + 1}` },
      activation: 'relu6',
    }),
    build.convolution(`${name}.${index + 3}`, {
      inputs: hidden,
      outputs,
      kernel: 1,
      norm: { name: `${name}.${index + 4}` },
    }),
  );
  const residual = stride === 1 && inputs === outputs;
  return (x) => {
    const y = layers.reduce((map, layer) => layer(map), x);
    return residual ? tf.add(x, y) : y;
  };
}
