import { maxPool } from '@latent-matte/core/ops';
import type * as tf from '@tensorflow/tfjs-core';
import type { Layer, NetworkBuilder } from '../layers';

/** Convolutions per block; each block has twice the channels of the one before, up to eight times the first. */
const DEPTHS = [2, 2, 3, 3, 3] as const;

export interface Vgg16Form {
  /** Convolutions of the last block that is made. Default: all of the fifth. */
  readonly end?: { readonly block: number; readonly convolutions: number };
  /** Whether the very last convolution is followed by its ReLU. Default true. */
  readonly rectified?: boolean;
}

/** The convolutions of a VGG16, in blocks. */
export interface Vgg16Blocks {
  /** Channels of the map at the end of each block. */
  readonly channels: readonly number[];
  /** Normalised image → the map at the end of each block, before the 2×2 max-pool that follows. */
  readonly run: (x: tf.Tensor4D) => tf.Tensor4D[];
}

/**
 * The convolutions of VGG16 (Simonyan, Zisserman 2015) under torchvision's names `features.0` … `features.28`, each
 * with its ReLU. Slimmer networks of the same design are read too.
 */
export function vgg16Blocks(
  build: NetworkBuilder,
  { end = { block: 4, convolutions: 3 }, rectified = true }: Vgg16Form = {},
): Vgg16Blocks {
  // 64 in the published network.
  const width = build.shapeOf('features.0.weight')?.[0] ?? 64;
  const channels: number[] = [];
  let inputs = 3;
  let index = 0;
  const blocks = DEPTHS.slice(0, end.block + 1).map((whole, level) => {
    const depth = level === end.block ? end.convolutions : whole;
    const outputs = width * Math.min(2 ** level, 8);
    channels.push(outputs);
    const block = Array.from({ length: depth }, (_, i): Layer => {
      const last = level === end.block && i === depth - 1;
      const activation = last && !rectified ? 'linear' : 'relu';
      const spec = { inputs, outputs, kernel: 3, activation } as const;
      inputs = outputs;
      const convolution = build.convolution(`features.${index}`, spec);
      // Each convolution is followed by its ReLU in the numbering, each block by a pool.
      index += 2;
      return convolution;
    });
    index++;
    return block;
  });
  return {
    channels,
    run: (x) => {
      let y = x;
      return blocks.map((block, level) => {
        if (level > 0) y = maxPool(y, { size: 2, stride: 2 });
        for (const convolution of block) y = convolution(y);
        return y;
      });
    },
  };
}
