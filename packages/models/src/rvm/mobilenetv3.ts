import { adaptiveAveragePool } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import { hardSigmoid, hardSwish, type Layer, type NetworkBuilder } from '../layers';
import type { FeatureMap } from '../layers/feature-map';

/** Maps at 1/2, 1/4, 1/8 and 1/16. */
export type EncoderFeatures = readonly [
  half: FeatureMap,
  quarter: FeatureMap,
  eighth: FeatureMap,
  sixteenth: FeatureMap,
];

/** torchvision builds MobileNetV3 with this epsilon. */
const EPSILON = 0.001;

interface Block {
  readonly inputs: number;
  readonly kernel: 3 | 5;
  readonly hidden: number;
  readonly outputs: number;
  readonly squeezed: boolean;
  readonly activation: 'relu' | typeof hardSwish;
  readonly stride: 1 | 2;
  readonly dilation: 1 | 2;
}

/** The blocks of MobileNetV3-Large, the last three with dilation 2 instead of the last stride. */
const BLOCKS: readonly Block[] = [
  [16, 3, 16, 16, false, 'relu', 1, 1],
  [16, 3, 64, 24, false, 'relu', 2, 1],
  [24, 3, 72, 24, false, 'relu', 1, 1],
  [24, 5, 72, 40, true, 'relu', 2, 1],
  [40, 5, 120, 40, true, 'relu', 1, 1],
  [40, 5, 120, 40, true, 'relu', 1, 1],
  [40, 3, 240, 80, false, hardSwish, 2, 1],
  [80, 3, 200, 80, false, hardSwish, 1, 1],
  [80, 3, 184, 80, false, hardSwish, 1, 1],
  [80, 3, 184, 80, false, hardSwish, 1, 1],
  [80, 3, 480, 112, true, hardSwish, 1, 1],
  [112, 3, 672, 112, true, hardSwish, 1, 1],
  [112, 5, 672, 160, true, hardSwish, 1, 2],
  [160, 5, 960, 160, true, hardSwish, 1, 2],
  [160, 5, 960, 160, true, hardSwish, 1, 2],
].map((row) => {
  const [inputs, kernel, hidden, outputs, squeezed, activation, stride, dilation] = row;
  return { inputs, kernel, hidden, outputs, squeezed, activation, stride, dilation } as Block;
});

/** After how many modules (the stem is the first) a map is taken: 1/2, 1/4, 1/8, 1/16. */
const TAPS = [2, 4, 7, 17] as const;

/** MobileNetV3-Large (Howard et al. 2019), RVM's small encoder. Takes normalised images. */
export function mobilenetV3(build: NetworkBuilder): (x: FeatureMap) => EncoderFeatures {
  const name = (i: number) => `backbone.features.${i}`;
  const pointwise = (key: string, inputs: number, outputs: number, kernel = 1, stride = 1): Layer =>
    build.convolution(`${key}.0`, {
      inputs,
      outputs,
      kernel,
      stride,
      norm: { name: `${key}.1`, epsilon: EPSILON },
      activation: hardSwish,
    });
  const modules: readonly ((x: FeatureMap) => FeatureMap)[] = [
    pointwise(name(0), 3, 16, 3, 2),
    ...BLOCKS.map((block, i) => invertedResidual(build, `${name(i + 1)}.block`, block)),
    pointwise(name(16), 160, 960),
  ];
  return (x) => {
    let y = x;
    let from = 0;
    return TAPS.map((to) => {
      for (const module of modules.slice(from, to)) y = module(y);
      from = to;
      return y;
    }) as unknown as EncoderFeatures;
  };
}

/** 1×1 up, depthwise, squeeze-and-excitation, 1×1 down. */
function invertedResidual(
  build: NetworkBuilder,
  name: string,
  block: Block,
): (x: FeatureMap) => FeatureMap {
  const { inputs, kernel, hidden, outputs, activation, stride, dilation } = block;
  let index = 0;
  const next = () => `${name}.${index++}`;
  const norm = (key: string) => ({ name: `${key}.1`, epsilon: EPSILON });
  const layers: ((x: FeatureMap) => FeatureMap)[] = [];
  if (hidden !== inputs) {
    const key = next();
    const spec = { inputs, outputs: hidden, kernel: 1, norm: norm(key), activation };
    layers.push(build.convolution(`${key}.0`, spec));
  }
  const key = next();
  const spec = { channels: hidden, kernel, stride, dilation, norm: norm(key), activation };
  layers.push(build.depthwise(`${key}.0`, spec));
  if (block.squeezed) layers.push(squeezeExcitation(build, next(), hidden));
  const last = next();
  layers.push(
    build.convolution(`${last}.0`, { inputs: hidden, outputs, kernel: 1, norm: norm(last) }),
  );
  const residual = stride === 1 && inputs === outputs;
  return (x) => {
    const y = layers.reduce((map, layer) => layer(map), x);
    return residual ? tf.add(x, y) : y;
  };
}

/** Channels weighted by what the whole map shows. The width comes from the file. */
function squeezeExcitation(build: NetworkBuilder, name: string, channels: number) {
  const squeezed = build.shapeOf(`${name}.fc1.weight`)?.[0] ?? makeDivisible(channels / 4);
  const reduce = build.convolution(`${name}.fc1`, {
    inputs: channels,
    outputs: squeezed,
    kernel: 1,
    activation: 'relu',
  });
  const expand = build.convolution(`${name}.fc2`, {
    inputs: squeezed,
    outputs: channels,
    kernel: 1,
    activation: hardSigmoid,
  });
  return (x: FeatureMap): FeatureMap => tf.mul(x, expand(reduce(adaptiveAveragePool(x, [1, 1]))));
}

/** The nearest multiple of 8, not more than a tenth below. */
function makeDivisible(value: number): number {
  const rounded = Math.max(8, Math.floor((value + 4) / 8) * 8);
  return rounded < 0.9 * value ? rounded + 8 : rounded;
}
