import { pixelShuffle, pixelUnshuffle } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import { forwardScope, type NetworkBuilder } from '../layers';
import type { FeatureMap } from '../layers/feature-map';
import { double } from './resampling';

/** What the head is shown; the picture and the guide are those of which the network saw the rest. */
export interface EdgeView {
  /** 2×2 blocks of the picture in [−1, 1] as channels, `[N, H/2, W/2, 12]`. */
  readonly blocks: FeatureMap;
  /** One-hot, at half the size, `[N, H/2, W/2, 3]`. */
  readonly trimap: FeatureMap;
  /** What the decoder joined, `[N, H/4, W/4, 32]`. */
  readonly joined: FeatureMap;
  /** Of the selfie trunk, `[N, H/2, W/2, 1]`. */
  readonly logit: FeatureMap;
  /** Anybody's matte of the picture, `[N, H, W, 1]` in [0, 1]. */
  readonly matte: FeatureMap;
}

/** Channels at 1/2, 1/4, 1/8 and 1/16 of the size. */
const WIDTHS = [24, 40, 64, 96] as const;

/** Channels of the detail branch. */
const DETAIL = 24;

/**
 * The edge head of the portrait network, 0.48 M parameters: what the network saw of a picture and the trimap of a matte, and
 * the matte → the logit of alpha, `[N, H, W, 1]`. `packages/training/python/edge_network.py` is the same in PyTorch, where it
 * is trained.
 *
 * It decides nothing about who is a person: it draws how the edge runs in the unknown band. It was begun as the network's own
 * detail branch, which it sees through a U-Net. Differentiable.
 *
 * @param name before the names of its layers in the archive
 */
export function edgeHead(build: NetworkBuilder, name: string): (view: EdgeView) => FeatureMap {
  const relu = (part: string, inputs: readonly number[], outputs: number, stride: 1 | 2 = 1) =>
    build.convolution(`${name}.${part}`, {
      inputs,
      outputs,
      kernel: 3,
      stride,
      padding: 1,
      activation: 'relu',
    });
  const linear = (part: string, inputs: number | readonly number[], outputs: number) =>
    build.convolution(`${name}.${part}`, { inputs, outputs, kernel: 3 });
  const context = linear('context', 32, DETAIL);
  const detail = linear('detail.0', [12, 3, 1, 4], DETAIL);
  const finer = relu('detail.1', [DETAIL], DETAIL);
  const alpha = linear('alpha', DETAIL, 4);
  const levels = WIDTHS.map((width, i) => ({
    down: relu(`down.${i}`, [i === 0 ? DETAIL : WIDTHS[i - 1]], width, i === 0 ? 1 : 2),
    same: relu(`same.${i}`, [width], width),
  }));
  const deep = relu('deep', [WIDTHS[3]], WIDTHS[3]);
  const ups = [2, 1, 0].map((i, at) => relu(`up.${at}`, [WIDTHS[i + 1], WIDTHS[i]], WIDTHS[i]));
  const change = linear('change', WIDTHS[0], 4);
  return ({ blocks, trimap, joined, logit, matte }) =>
    forwardScope(() => {
      const person = tf.sub<FeatureMap>(tf.sigmoid(logit), 0.5);
      const mattes = pixelUnshuffle(tf.sub<FeatureMap>(matte, 0.5));
      const near = detail([blocks, trimap, person, mattes]);
      const rough = tf.relu(tf.add<FeatureMap>(near, double(context(joined))));
      const y = tf.add<FeatureMap>(rough, finer(rough));
      const skips: FeatureMap[] = [];
      let x = y;
      for (const { down, same } of levels) {
        x = down(x);
        x = tf.add(x, same(x));
        skips.push(x);
      }
      x = tf.add(x, deep(x));
      for (const [at, up] of ups.entries()) x = up([double(x), skips[2 - at]]);
      const drawn = tf.add<FeatureMap>(alpha(y), change(x));
      return tf.add(pixelShuffle(drawn), double(logit));
    });
}
