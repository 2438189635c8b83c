import { resize } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import { joinChannels, type NetworkBuilder } from '../layers';
import type { FeatureMap } from '../layers/feature-map';

/** What the refiner sees at the working size. */
interface Coarse {
  readonly image: FeatureMap;
  /** Foreground residual and alpha, 4 channels. */
  readonly matte: FeatureMap;
  /** The decoder's 16 channels. */
  readonly hidden: FeatureMap;
}

/**
 * Deep guided filter (Wu et al., CVPR 2018): explains the matte as A·guide + b of the picture and its grey
 * value, estimates A from local covariances, and applies both at full size:
 *
 *     A = net(cov(x, y), var(x), hidden),  b = mean(y) − A·mean(x),  y = up(A)·x_full + up(b)
 */
export function deepGuidedFilter(
  build: NetworkBuilder,
): (image: FeatureMap, coarse: Coarse) => FeatureMap {
  const box = build.depthwise('refiner.box_filter', { channels: 4, kernel: 3, bias: false });
  const layer = (index: number, inputs: number | readonly number[]) =>
    build.convolution(`refiner.conv.${index}`, {
      inputs,
      outputs: 16,
      kernel: 1,
      norm: { name: `refiner.conv.${index + 1}` },
      activation: 'relu',
    });
  const layers = [
    layer(0, [4, 4, 16]),
    layer(3, 16),
    build.convolution('refiner.conv.6', { inputs: 16, outputs: 4, kernel: 1 }),
  ] as const;
  return (image, { image: small, matte, hidden }) => {
    const x = withGrey(small);
    const meanX = box(x);
    const meanY = box(matte);
    const covariance = tf.sub<FeatureMap>(box(tf.mul<FeatureMap>(x, matte)), tf.mul(meanX, meanY));
    const variance = tf.sub<FeatureMap>(box(tf.square<FeatureMap>(x)), tf.square(meanX));
    const a = layers[2](layers[1](layers[0]([covariance, variance, hidden])));
    const b = tf.sub<FeatureMap>(meanY, tf.mul(a, meanX));
    const size = [image.shape[1], image.shape[2]] as const;
    return tf.add(tf.mul(resize(a, size), withGrey(image)), resize(b, size));
  };
}

/** RGB and its mean as fourth channel. */
function withGrey(image: FeatureMap): FeatureMap {
  return joinChannels([image, tf.mean<FeatureMap>(image, 3, true)]);
}
