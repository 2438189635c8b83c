import { resize } from '@latent-matte/core/ops';
import type * as tf from '@tensorflow/tfjs-core';
import type { NetworkBuilder } from '../layers';

/** Channels that are left of the fine map, so that it does not outweigh the context. */
const FINE = 48;
const CLASSES = 3;

/**
 * The decoder that makes DeepLabV3 a DeepLabV3+ (Chen et al. 2018, section 3.1): the context, enlarged to the size of
 * the fine map, beside that map, then 3×3, 3×3, 1×1.
 *
 * @param contextChannels of the pyramid
 * @param fineChannels of the backbone's first stage, at 1/4
 * @returns context `[N, h, w, ·]`, fine map `[N, H, W, ·]` → logits `[N, H, W, 3]`
 */
export function decoder(
  build: NetworkBuilder,
  contextChannels: number,
  fineChannels: number,
): (context: tf.Tensor4D, fine: tf.Tensor4D) => tf.Tensor4D {
  const unit = (
    name: string,
    norm: string,
    inputs: number | readonly number[],
    outputs: number,
    kernel: number,
  ) =>
    build.convolution(`decoder.${name}`, {
      inputs,
      outputs,
      kernel,
      norm: { name: `decoder.${norm}` },
      activation: 'relu',
    });
  const reduce = unit('conv1', 'bn1', fineChannels, FINE, 1);
  const merge = unit('last_conv.0', 'last_conv.1', [contextChannels, FINE], contextChannels, 3);
  const mix = unit('last_conv.4', 'last_conv.5', contextChannels, contextChannels, 3);
  const classify = build.convolution('decoder.last_conv.8', {
    inputs: contextChannels,
    outputs: CLASSES,
    kernel: 1,
  });
  return (context, fine) => {
    const [, height, width] = fine.shape;
    const enlarged = resize(context, [height, width], 'bilinear', { alignCorners: true });
    return classify(mix(merge([enlarged, reduce(fine)])));
  };
}
