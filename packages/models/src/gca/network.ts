import * as tf from '@tensorflow/tfjs-core';
import type { NetworkBuilder } from '../layers';
import type { FeatureMap } from '../layers/feature-map';
import { decoderStage, doubling, encoderStage, guidanceHead, shortcut, unit } from './blocks';
import { attentionMask, guidedAttention } from './guided-attention';

/**
 * GCA matting: a ResNet-34-D encoder and its mirror image, with guided contextual attention at 1/8 in both.
 *
 * @returns (normalised RGB, one-hot trimap, its unknown channel), sides multiples of 32 → alpha
 */
export function gca(
  build: NetworkBuilder,
): (image: FeatureMap, trimap: FeatureMap, unknown: FeatureMap) => FeatureMap {
  const base = build.shapeOf('encoder.conv1.module.weight_bar')?.[0] ?? 32;
  const [c64, c128, c256, c512] = [2, 4, 8, 16].map((factor) => factor * base);
  const stem = (index: number, inputs: number | number[], outputs: number, stride: number) =>
    unit(build, `encoder.conv${index}`, `encoder.bn${index}`, {
      inputs,
      outputs,
      stride,
      activation: 'relu',
    });
  const conv1 = stem(1, [3, 3], base, 2);
  const conv2 = stem(2, base, base, 1);
  const conv3 = stem(3, base, c64, 2);
  const layer1 = encoderStage(build, 'encoder.layer1', c64, c64, 3);
  const layer2 = encoderStage(build, 'encoder.layer2', c64, c128, 4);
  const layer3 = encoderStage(build, 'encoder.layer3', c128, c256, 4);
  const bottleneck = encoderStage(build, 'encoder.layer_bottleneck', c256, c512, 2);
  const guidance = guidanceHead(build, 'encoder.guidance_head', [base / 2, base, c128]);
  const attention = { channels: c128, guidance: c128 };
  const attendEarly = guidedAttention(build, 'encoder.gca', attention);
  const shortcuts = [[3, 3], base, c64, c128, c256].map((inputs, i) =>
    shortcut(build, `encoder.shortcut.${i}`, inputs, typeof inputs === 'number' ? inputs : base),
  );
  const up1 = decoderStage(build, 'decoder.layer1', c512, c256, 2);
  const up2 = decoderStage(build, 'decoder.layer2', c256, c128, 3);
  const attendLate = guidedAttention(build, 'decoder.gca', attention);
  const up3 = decoderStage(build, 'decoder.layer3', c128, c64, 3);
  const up4 = decoderStage(build, 'decoder.layer4', c64, base, 2);
  const up5 = doubling(build, 'decoder.conv1', 'decoder.bn1', base, base);
  const last = build.convolution('decoder.conv2', { inputs: base, outputs: 1, kernel: 3 });

  return (image, trimap, unknown) => {
    const input = [image, trimap];
    const x1 = conv2(conv1(input));
    const x2 = layer1(conv3(x1));
    const guide = guidance(image);
    const mask = attentionMask(unknown);
    const x3 = attendEarly(guide, layer2(x2), mask);
    const x4 = layer3(x3);
    const skips = [input, x1, x2, x3, x4].map((x, i) => shortcuts[i](x));
    let y: FeatureMap = tf.add(up1(bottleneck(x4)), skips[4]);
    y = attendLate(guide, tf.add(up2(y), skips[3]), mask);
    y = tf.add(up3(y), skips[2]);
    y = tf.add(up4(y), skips[1]);
    y = last(tf.add<FeatureMap>(up5(y), skips[0]));
    return tf.mul(tf.add(tf.tanh(y), 1), 0.5);
  };
}
