import {
  fold,
  maxPool,
  reflectPad,
  softmaxOverPatches,
  stopGradient,
  unfold,
} from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { NetworkBuilder } from '../layers';
import type { FeatureMap } from '../layers/feature-map';
import { mix, similarity } from './products';

/** How strongly each of the h · w patches attracts, and itself not; constants. */
export interface AttentionMask {
  /** `[N, 1, 1, h·w]` */
  readonly scale: FeatureMap;
  /** `[N, h, w, h·w]` */
  readonly offset: FeatureMap;
}

/**
 * With u the unknown fraction, scores of patches that hold an unknown pixel are multiplied by √(u / (1 − u)),
 * those of the others by √((1 − u) / u), both within [0.1, 10]; an unknown patch does not attend to itself.
 *
 * @param unknown `[N, H, W, 1]` of zeros and ones, sides multiples of 32; patches are at 1/16
 */
export function attentionMask(unknown: FeatureMap): AttentionMask {
  return stopGradient(() => {
    const places = tf.stridedSlice(
      unknown,
      [0, 0, 0, 0],
      unknown.shape,
      [1, 16, 16, 1],
    ) as FeatureMap;
    const [n, height, width] = places.shape;
    const count = height * width;
    const fraction = tf.mean(places, [1, 2, 3], true);
    const ratio = (part: tf.Tensor) =>
      tf.clipByValue(tf.sqrt(tf.div(part, tf.maximum(tf.sub(1, part), 1e-6))), 0.1, 10);
    const near = maxPool(places, { size: 3, stride: 1, padding: 1 });
    const patches = tf.reshape(near, [n, 1, 1, count]);
    const scale = tf.add<FeatureMap>(
      tf.mul(patches, ratio(fraction)),
      tf.mul(tf.sub(1, patches), ratio(tf.sub(1, fraction))),
    );
    const own = tf.reshape(tf.mul(tf.eye(count), -1e4), [1, height, width, count]);
    return { scale, offset: tf.mul<FeatureMap>(own, patches) };
  });
}

/**
 * Guided contextual attention (Li & Lu, AAAI 2020): alpha features of 4×4 patches are rebuilt from those of all
 * patches, weighted by how much the picture's features resemble each other there.
 *
 * @returns (guidance at 1/8, map at 1/8, mask) → map
 */
export function guidedAttention(
  build: NetworkBuilder,
  name: string,
  { channels, guidance }: { channels: number; guidance: number },
): (guide: FeatureMap, x: FeatureMap, mask: AttentionMask) => FeatureMap {
  // A 1×1 convolution, sampled at every second pixel.
  const features = build.convolution(`${name}.guidance_conv`, {
    inputs: guidance,
    outputs: guidance / 2,
    kernel: 1,
    stride: 2,
  });
  const output = build.convolution(`${name}.W.0`, {
    inputs: channels,
    outputs: channels,
    kernel: 1,
    norm: { name: `${name}.W.1` },
  });
  return (guide, x, { scale, offset }) => {
    const windows = unfold(reflectPad(features(guide), 1), { size: 3 });
    const [n, height, width, depth] = windows.shape;
    const count = height * width;
    const queries = tf.reshape(windows, [n, count, depth]) as tf.Tensor3D;
    // max(‖p‖, 1e-4), with a gradient at 0.
    const lengths = tf.sqrt(tf.maximum(tf.sum(tf.square(queries), 2, true), 1e-8));
    const scores = similarity(queries, tf.div(queries, lengths));
    const weights = softmaxOverPatches(tf.reshape(scores, [n, height, width, count]), {
      scale,
      offset,
    });
    const patches = unfold(reflectPad(x, 1), { size: 4, stride: 2 });
    const content = tf.reshape(patches, [n, count, patches.shape[3]]) as tf.Tensor3D;
    const rebuilt = mix(tf.reshape(weights, [n, count, count]), content);
    const spread = fold(
      tf.reshape(rebuilt, [n, height, width, patches.shape[3]]),
      [x.shape[1], x.shape[2]],
      { size: 4, stride: 2, padding: 1 },
    );
    return tf.add(output(tf.mul(spread, 1 / 4) as FeatureMap), x);
  };
}
