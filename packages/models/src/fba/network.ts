import { adaptiveAveragePool, resize } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import {
  type Layer,
  leakyRelu,
  type NetworkBuilder,
  type NormalizedConvolution,
  RESNET50,
  resnet,
} from '../layers';
import type { FeatureMap } from '../layers/feature-map';
import { type FbaLayers, fuse } from './fusion';
import { groupNormalized } from './group-normalized';

/** PyTorch's default slope. */
const leaky = leakyRelu(0.01);
/** Sides of the maps of the pyramid pooling. */
const SCALES = [1, 2, 3, 6];

/** What it sees. Sides are multiples of 8. */
export interface FbaInput {
  /** RGB in [0, 1]. */
  readonly image: FeatureMap;
  /** The same, normalised. */
  readonly normalized: FeatureMap;
  /** Six channels, see `distanceMaps`. */
  readonly distances: FeatureMap;
  /** Two channels: background, foreground. */
  readonly trimap: FeatureMap;
}

/** F, B, Alpha matting: ResNet-50 with group normalisation at 1/8, pyramid pooling, decoder, fusion. */
export function fba(build: NetworkBuilder): (input: FbaInput) => FbaLayers {
  const width = build.shapeOf('encoder.conv1.weight')?.[0] ?? 64;
  const unit = groupNormalized(build);
  const encoder = resnet(build, 'encoder.', {
    depths: RESNET50,
    dilated: [false, true, true],
    width,
    inputs: [3, 6, 2],
    unit,
  });
  const pyramid = pyramidPooling(unit, 32 * width, 4 * width);
  const merge = (name: string, index: number, inputs: number | number[], outputs: number): Layer =>
    unit(`decoder.${name}.${index}`, `decoder.${name}.${index + 1}`, {
      inputs,
      outputs,
      kernel: 3,
      bias: true,
      activation: leaky,
    });
  const pooled = SCALES.map(() => 4 * width);
  const up1 = merge('conv_up1', 0, [32 * width, ...pooled], 4 * width);
  const up1b = merge('conv_up1', 3, 4 * width, 4 * width);
  const up2 = merge('conv_up2', 0, [4 * width, 4 * width], 4 * width);
  const up3 = merge('conv_up3', 0, [4 * width, width], width);
  const head = (index: number, inputs: number | number[], outputs: number) =>
    build.convolution(`decoder.conv_up4.${index}`, {
      inputs,
      outputs,
      kernel: 3,
      activation: leaky,
    });
  const up4 = head(0, [width, 3, 3, 2], width / 2);
  const up4b = head(2, width / 2, width / 4);
  const last = build.convolutions('decoder.conv_up4.4', {
    inputs: width / 4,
    outputs: [1, 3, 3],
    kernel: 1,
  });

  return ({ image, normalized, distances, trimap }) => {
    const { stem, stages } = encoder([normalized, distances, trimap]);
    const deep = stages[3];
    let y = up1b(up1([deep, ...pyramid(deep)]));
    y = up2([double(y), stages[0]]);
    y = up3([double(y), stem]);
    y = up4b(up4([double(y), normalized, image, trimap]));
    const [alpha, foreground, background] = last(y);
    return fuse(image, {
      alpha: tf.clipByValue(alpha, 0, 1),
      foreground: tf.sigmoid(foreground),
      background: tf.sigmoid(background),
    });
  };
}

const double = (x: FeatureMap): FeatureMap => resize(x, [2 * x.shape[1], 2 * x.shape[2]]);

function pyramidPooling(
  unit: NormalizedConvolution,
  inputs: number,
  outputs: number,
): (x: FeatureMap) => FeatureMap[] {
  const branches = SCALES.map((scale, i) => {
    const convolve = unit(`decoder.ppm.${i}.1`, `decoder.ppm.${i}.2`, {
      inputs,
      outputs,
      kernel: 1,
      bias: true,
      activation: leaky,
    });
    return (x: FeatureMap) =>
      resize(convolve(adaptiveAveragePool(x, [scale, scale])), [x.shape[1], x.shape[2]]);
  });
  return (x) => branches.map((branch) => branch(x));
}
