import { adaptiveAveragePool, pixelShuffle } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import {
  type BorderPair,
  forwardScope,
  hardSwish,
  hardSwishReadOnce,
  type Layer,
  type Maps,
  type NetworkBuilder,
} from '../layers';
import type { FeatureMap } from '../layers/feature-map';
import { double } from './resampling';

/** What the rest of the network uses; sides are fractions of the trunk's input. */
export interface SelfieFeatures {
  /** At the size of the input, 1 channel: log-odds of the person. */
  readonly logit: FeatureMap;
  /** 1/2, 16 channels. */
  readonly half: FeatureMap;
  /** 1/4, 16 channels. */
  readonly quarter: FeatureMap;
  /** 1/8, 24 channels. */
  readonly eighth: FeatureMap;
  /** 1/16, 32 channels. */
  readonly sixteenth: FeatureMap;
}

interface Block {
  readonly inputs: number;
  readonly wide: number;
  readonly outputs: number;
  readonly kernel: 3 | 5;
  readonly stride: 1 | 2;
  /** Channels between squeeze and excitation; 0 = there is none. */
  readonly squeezed: number;
  readonly activation: 'relu' | typeof hardSwishReadOnce;
}

const BLOCKS: readonly Block[] = (
  [
    [16, 16, 16, 3, 2, 8, 'relu'],
    [16, 72, 24, 3, 2, 0, 'relu'],
    [24, 88, 24, 3, 1, 0, 'relu'],
    [24, 96, 32, 5, 2, 24, hardSwishReadOnce],
    [32, 128, 32, 5, 1, 32, hardSwishReadOnce],
    [32, 128, 32, 5, 1, 32, hardSwishReadOnce],
    [32, 96, 32, 5, 1, 24, hardSwishReadOnce],
    [32, 96, 32, 5, 1, 24, hardSwishReadOnce],
  ] as const
).map(([inputs, wide, outputs, kernel, stride, squeezed, activation]) => ({
  inputs,
  wide,
  outputs,
  kernel,
  stride,
  squeezed,
  activation,
}));

/** TensorFlow's SAME at stride 2 on even sides: the odd zero goes to the right and to the bottom. */
const sameAtStride2 = (kernel: number): BorderPair => {
  const before = Math.floor((kernel - 2) / 2);
  return [before, kernel - 2 - before];
};

/**
 * MediaPipe's selfie segmenter (Apache-2.0), fine-tuned: an encoder like MobileNetV3-small (Howard et al. 2019) and a
 * decoder that lets the encoder's maps through by attention. Its deepest map is at 1/16.
 *
 * @param inputs channels of the maps it takes: RGB in [0, 1], then others; sides divisible by 16
 */
export function selfieTrunk(
  build: NetworkBuilder,
  name: string,
  inputs: readonly number[],
): (x: Maps) => SelfieFeatures {
  const stem = build.convolution(`${name}.stem`, {
    inputs,
    outputs: 16,
    kernel: 3,
    stride: 2,
    padding: sameAtStride2(3),
    activation: hardSwish,
  });
  const blocks = BLOCKS.map((block, i) => squeezedResidual(build, `${name}.blocks.${i}`, block));
  const bottom = build.convolution(`${name}.bottom`, {
    inputs: 32,
    outputs: 128,
    kernel: 1,
    activation: 'relu',
  });
  const gate = build.convolution(`${name}.bottom_gate`, {
    inputs: 32,
    outputs: 128,
    kernel: 1,
    activation: tf.sigmoid,
  });
  const stages = (
    [
      [128, 24],
      [24, 16],
      [16, 16],
    ] as const
  ).map(([from, to], i) => attentiveStage(build, `${name}.stages.${i}`, from, to));
  const head = build.convolution(`${name}.head`, { inputs: 16, outputs: 4, kernel: 1 });
  return (x) => {
    const maps = [stem(x)];
    for (const block of blocks) maps.push(block(maps[maps.length - 1]));
    const deepest = maps[maps.length - 1];
    const gated: FeatureMap = tf.mul(bottom(deepest), gate(everywhere(deepest)));
    const eighth = stages[0](gated, maps[3]);
    const quarter = stages[1](eighth, maps[1]);
    const half = stages[2](quarter, maps[0]);
    return { logit: pixelShuffle(head(half)), half, quarter, eighth, sixteenth: deepest };
  };
}

/** Mean over the picture, `[N, 1, 1, C]`. */
const everywhere = (x: FeatureMap): FeatureMap => adaptiveAveragePool(x, [1, 1]);

/** 1×1 up, depthwise, squeeze-and-excitation, 1×1 down; plus the input where that has the same shape. */
function squeezedResidual(
  build: NetworkBuilder,
  name: string,
  { inputs, wide, outputs, kernel, stride, squeezed, activation }: Block,
): Layer {
  const expand = build.convolution(`${name}.expand`, {
    inputs,
    outputs: wide,
    kernel: 1,
    activation,
  });
  const spread = build.depthwise(`${name}.depthwise`, {
    channels: wide,
    kernel,
    stride,
    ...(stride === 2 && { padding: sameAtStride2(kernel) }),
    activation,
  });
  const attend = squeezed === 0 ? undefined : build.excitation(name, wide, squeezed);
  const project = build.convolution(`${name}.project`, { inputs: wide, outputs, kernel: 1 });
  const residual = stride === 1 && inputs === outputs;
  return (x) =>
    forwardScope(() => {
      const y = spread(expand(x));
      const z = project(attend === undefined ? y : attend(y, y));
      return residual ? tf.add<FeatureMap>(x as FeatureMap, z) : z;
    });
}

/** One step of the decoder: doubles the map and adds the encoder's channels, weighted. */
function attentiveStage(
  build: NetworkBuilder,
  name: string,
  inputs: number,
  channels: number,
): (x: FeatureMap, skip: FeatureMap) => FeatureMap {
  const enter = build.convolution(`${name}.enter`, { inputs, outputs: channels, kernel: 1 });
  const join = build.excitedSum(name, channels, channels);
  const mix = build.convolution(`${name}.mix`, {
    inputs: channels,
    outputs: channels,
    kernel: 1,
    activation: 'relu',
  });
  const spread = build.depthwise(`${name}.depthwise`, { channels, kernel: 3, activation: 'relu' });
  return (x, skip) =>
    forwardScope(() => {
      // Interpolation and a 1×1 convolution commute: the weights of interpolation sum to 1.
      const y = double(enter(x));
      const h = mix(join(skip, y));
      return tf.add<FeatureMap>(h, spread(h));
    });
}
