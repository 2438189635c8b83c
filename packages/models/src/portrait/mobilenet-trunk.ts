import { adaptiveAveragePool } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import { forwardScope, type Layer, type Maps, type NetworkBuilder } from '../layers';
import type { FeatureMap } from '../layers/feature-map';

/** Sides are fractions of the trunk's input. */
export interface MobilenetFeatures {
  /** 1/2, 8 channels. */
  readonly half: FeatureMap;
  /** 1/4, 12 channels. */
  readonly quarter: FeatureMap;
  /** 1/8, 16 channels. */
  readonly eighth: FeatureMap;
  /** 1/16, 256 channels: what is near and what is in the whole picture. */
  readonly context: FeatureMap;
}

interface Block {
  /** Channels within, in multiples of the inputs; 1 = no first 1×1 convolution. */
  readonly expansion: number;
  readonly outputs: number;
  readonly stride: 1 | 2;
  readonly dilation: 1 | 2;
}

const BLOCKS: readonly Block[] = (
  [
    [1, 8, 1, 1],
    [6, 12, 2, 1],
    [6, 12, 1, 1],
    [6, 16, 2, 1],
    [6, 16, 1, 1],
    [6, 16, 1, 1],
    [6, 32, 2, 1],
    [6, 32, 1, 1],
    [6, 32, 1, 1],
    [6, 32, 1, 1],
    [6, 48, 1, 1],
    [6, 48, 1, 1],
    [6, 48, 1, 1],
    [6, 80, 1, 1],
    [6, 80, 1, 2],
    [6, 80, 1, 2],
    [6, 160, 1, 2],
  ] as const
).map(([expansion, outputs, stride, dilation]) => ({ expansion, outputs, stride, dilation }));

/** After which blocks a map is taken: 1/2, 1/4, 1/8. */
const TAPS = [0, 2, 5] as const;

/**
 * MobileNetV2 0.5 (Sandler et al., CVPR 2018) with the pooling head of DeepLabV3+ (Chen et al., ECCV 2018), begun from
 * a person segmenter (MIT) and fine-tuned at output stride 16. Batch normalisation is folded in the file.
 *
 * @param inputs channels of the maps it takes: RGB in [−1, 1], then others; sides divisible by 16
 */
export function mobilenetTrunk(
  build: NetworkBuilder,
  name: string,
  inputs: readonly number[],
): (x: Maps) => MobilenetFeatures {
  const stem = build.convolution(`${name}.stem`, {
    inputs,
    outputs: 16,
    kernel: 3,
    stride: 2,
    padding: 1,
    activation: 'relu6',
  });
  let channels = 16;
  const blocks = BLOCKS.map((block, i) => {
    const layer = invertedResidual(build, `${name}.blocks.${i}`, channels, block);
    channels = block.outputs;
    return layer;
  });
  const pointwise = (part: string, from: readonly number[]): Layer =>
    build.convolution(`${name}.${part}`, {
      inputs: from,
      outputs: 256,
      kernel: 1,
      activation: 'relu',
    });
  const local = pointwise('local', [channels]);
  const pooled = pointwise('pooled', [channels]);
  const context = pointwise('context', [256, 256]);
  return (x) => {
    const maps: FeatureMap[] = [];
    let y = stem(x);
    for (const block of blocks) {
      y = block(y);
      maps.push(y);
    }
    const [half, quarter, eighth] = TAPS.map((i) => maps[i]);
    // The pooled map is one pixel: what it adds is added everywhere.
    const whole = pooled(adaptiveAveragePool(y, [1, 1]));
    return { half, quarter, eighth, context: context([whole, local(y)]) };
  };
}

/** 1×1 up, depthwise, 1×1 down; plus the input where that has the same shape. */
function invertedResidual(
  build: NetworkBuilder,
  name: string,
  inputs: number,
  { expansion, outputs, stride, dilation }: Block,
): Layer {
  const wide = expansion * inputs;
  const expand =
    expansion === 1
      ? undefined
      : build.convolution(`${name}.expand`, {
          inputs,
          outputs: wide,
          kernel: 1,
          activation: 'relu6',
        });
  const spread = build.depthwise(`${name}.depthwise`, {
    channels: wide,
    kernel: 3,
    stride,
    dilation,
    padding: dilation,
    activation: 'relu6',
  });
  const project = build.convolution(`${name}.project`, { inputs: wide, outputs, kernel: 1 });
  const residual = stride === 1 && inputs === outputs;
  return (x) =>
    forwardScope(() => {
      const y = project(spread(expand === undefined ? x : expand(x)));
      return residual ? tf.add<FeatureMap>(x as FeatureMap, y) : y;
    });
}
