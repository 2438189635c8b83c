import { adaptiveAveragePool } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import { type NetworkBuilder, normalizeImage, RESNET50, resnet } from '../layers';
import type { FeatureMap } from '../layers/feature-map';
import { type EncoderFeatures, mobilenetV3 } from './mobilenetv3';

/** Which encoder a checkpoint has. */
export type RvmVariant = 'mobilenetv3' | 'resnet50';

/** Channels of the maps of a variant. */
export interface RvmChannels {
  /** Of the encoder's last map. */
  readonly deepest: number;
  /** Of the features, the coarsest after the pyramid. */
  readonly features: readonly [number, number, number, number];
  /** Of the decoder's stages. */
  readonly decoder: readonly [number, number, number, number];
}

/** As published; a ResNet may be slimmer. */
export function channelsOf(build: NetworkBuilder, variant: RvmVariant): RvmChannels {
  if (variant === 'mobilenetv3') {
    return { deepest: 960, features: [16, 24, 40, 128], decoder: [80, 40, 32, 16] };
  }
  const width = build.shapeOf('backbone.conv1.weight')?.[0] ?? 64;
  return {
    deepest: 32 * width,
    features: [width, 4 * width, 8 * width, 4 * width],
    decoder: [128, 64, 32, 16],
  };
}

/**
 * The encoder and its pyramid: RGB in [0, 1] → features, the coarsest as two halves, of which only the second
 * goes through the recurrent unit. ImageNet's normalisation is part of the MobileNetV3 encoder and not of the
 * ResNet-50 one.
 */
export function encoder(
  build: NetworkBuilder,
  variant: RvmVariant,
  { deepest, features }: RvmChannels,
): (image: FeatureMap) => { skips: readonly FeatureMap[]; coarse: FeatureMap[] } {
  const backbone =
    variant === 'mobilenetv3' ? normalizedMobilenet(build) : residualEncoder(build, features[0]);
  const half = features[3] / 2;
  const values = build.convolutions('aspp.aspp1.0', {
    inputs: deepest,
    outputs: [half, half],
    kernel: 1,
    norm: { name: 'aspp.aspp1.1' },
    activation: 'relu',
  });
  const gates = build.convolutions('aspp.aspp2.1', {
    inputs: deepest,
    outputs: [half, half],
    kernel: 1,
    bias: false,
    activation: tf.sigmoid,
  });
  return (image) => {
    const [f1, f2, f3, f4] = backbone(image);
    const gate = gates(adaptiveAveragePool(f4, [1, 1]));
    return {
      skips: [f1, f2, f3],
      coarse: values(f4).map((value, i) => tf.mul(value, gate[i]) as FeatureMap),
    };
  };
}

function normalizedMobilenet(build: NetworkBuilder): (image: FeatureMap) => EncoderFeatures {
  const features = mobilenetV3(build);
  return (image) => features(normalizeImage(image));
}

function residualEncoder(
  build: NetworkBuilder,
  width: number,
): (image: FeatureMap) => EncoderFeatures {
  const features = resnet(build, 'backbone.', {
    depths: RESNET50,
    dilated: [false, false, true],
    width,
  });
  return (image) => {
    const { stem, stages } = features(image);
    return [stem, stages[0], stages[1], stages[3]];
  };
}
