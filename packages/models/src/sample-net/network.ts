import { resize } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import { pyramid } from '../deeplab-v3-plus/pyramid';
import { type NetworkBuilder, normalizeImage, RESNET50, resnet } from '../layers';
import type { FeatureMap } from '../layers/feature-map';
import { type SampledLayer, samplingNetwork } from './sampling-network';

/** Sizes of a SampleNet. */
export interface SampleNetForm {
  /** Channels of the first layer of the two sampling networks. Default 32. */
  readonly samplingWidth?: number;
  /** Channels of the stem of the matting network. Default 64, as in ResNet-50. */
  readonly width?: number;
  /** Blocks of its four stages. Default those of ResNet-50: 3, 4, 6, 3. */
  readonly depths?: readonly number[];
}

/** What the network is given, sides multiples of 32. */
export interface SampleNetInput {
  /** RGB in [0, 1]. */
  readonly image: FeatureMap;
  /** 1 where the trimap says so, else 0. */
  readonly background: FeatureMap;
  readonly unknown: FeatureMap;
  readonly foreground: FeatureMap;
}

/** The layers and the matte, at the size of the input. */
export interface SampleNetOutput {
  /** RGB in [0, 1]: the picture where the trimap says background. */
  readonly background: FeatureMap;
  /** RGB in [0, 1]: the picture where the trimap says foreground. */
  readonly foreground: FeatureMap;
  /** In (0, 1). */
  readonly alpha: FeatureMap;
}

/** The layers as both stages have them, and the matte. */
export interface Sampled {
  readonly background: SampledLayer;
  readonly foreground: SampledLayer;
  readonly alpha: FeatureMap;
}

/** The form that a file holds. */
export function formOf(build: Pick<NetworkBuilder, 'shapeOf'>): Required<SampleNetForm> {
  const width = build.shapeOf('matting.conv1.weight')?.[0];
  const samplingWidth = build.shapeOf('background.coarse.code.0.weight')?.[0] ?? 32;
  if (width === undefined) return { samplingWidth, width: 64, depths: RESNET50 };
  const depths = [1, 2, 3, 4].map((stage) => {
    let blocks = 0;
    while (build.shapeOf(`matting.layer${stage}.${blocks}.conv1.weight`) !== undefined) blocks++;
    return Math.max(1, blocks);
  });
  return { samplingWidth, width, depths };
}

/**
 * Tang et al., "Learning-based sampling for natural image matting", CVPR 2019: background colours from the picture, then
 * foreground colours from the picture and those, then the matte from all three.
 */
export function sampleNet(
  build: NetworkBuilder,
  form: SampleNetForm = {},
): (input: SampleNetInput) => Sampled {
  const { samplingWidth = 32, width = 64, depths = RESNET50 } = form;
  const sampleBackground = samplingNetwork(build, 'background', [1], samplingWidth);
  const sampleForeground = samplingNetwork(build, 'foreground', [1, 3], samplingWidth);
  const matte = mattingNetwork(build, width, depths);
  return ({ image, background, unknown, foreground }) => {
    const behind = sampleBackground({ image, seen: background, hints: [foreground] });
    const painted = normalizeImage(behind.fine);
    const front = sampleForeground({ image, seen: foreground, hints: [background, painted] });
    const levels: FeatureMap = tf.add(foreground, tf.mul(unknown, 0.5));
    const alpha = matte(normalizeImage(image), normalizeImage(front.fine), painted, levels);
    return { background: behind, foreground: front, alpha };
  };
}

/** ResNet at output stride 16, atrous pyramid, and a decoder with skips, as in AlphaGAN (Lutz et al., BMVC 2018). */
function mattingNetwork(build: NetworkBuilder, width: number, depths: readonly number[]) {
  const encoder = resnet(build, 'matting.', {
    depths,
    dilated: [false, false, true],
    width,
    inputs: [3, 3, 3, 1],
  });
  const context = pyramid(build, 32 * width, 4 * width);
  // Channels of the decoder at 1/8, 1/4, 1/2 and 1, and what the skips bring there.
  const steps = (
    [
      [4, 4, 8],
      [4, 2, 4],
      [2, 1, 1],
    ] as const
  ).map(([from, to, skip], i) => ({
    reduce: build.convolution(`decoder.skip${i}`, {
      inputs: skip * width,
      outputs: to * width,
      kernel: 1,
    }),
    mix: build.convolution(`decoder.${i}`, {
      inputs: [from * width, to * width],
      outputs: to * width,
      kernel: 3,
      norm: { name: `decoder.norm${i}` },
      activation: 'relu',
    }),
  }));
  const detail = build.convolution('decoder.detail', {
    inputs: [width, 3, 3, 3, 1],
    outputs: Math.max(4, width / 2),
    kernel: 3,
    activation: 'relu',
  });
  const last = build.convolution('decoder.last', {
    inputs: Math.max(4, width / 2),
    outputs: 1,
    kernel: 3,
  });
  const raised = (x: FeatureMap, { shape: [, height, columns] }: FeatureMap) =>
    resize(x, [height, columns]);
  return (
    image: FeatureMap,
    foreground: FeatureMap,
    background: FeatureMap,
    trimap: FeatureMap,
  ): FeatureMap => {
    const maps = [image, foreground, background, trimap];
    const { stem, stages } = encoder(maps);
    let y = context(stages[3]);
    for (const [i, skip] of [stages[1], stages[0], stem].entries()) {
      y = steps[i].mix([raised(y, skip), steps[i].reduce(skip)]);
    }
    return tf.sigmoid(last(detail([raised(y, image), ...maps])));
  };
}
