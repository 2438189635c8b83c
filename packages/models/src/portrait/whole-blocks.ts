import { replicatePad } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { FeatureMap } from '../layers/feature-map';
import { MULTIPLE_OF } from './network';

/** Maps of one size, brought to whole blocks, and the way back. */
export interface WholeBlocks {
  /** Repeats the right and the bottom edge up to the next multiples of 32. */
  padded(map: FeatureMap): FeatureMap;
  /** Cuts them off. */
  cropped(map: FeatureMap): FeatureMap;
}

/** For maps `[N, H, W, ·]` of the size of `image`. As `training/python/predict.py` does. */
export function wholeBlocks({ shape: [batch, height, width] }: FeatureMap): WholeBlocks {
  const missing = (side: number) => (MULTIPLE_OF - (side % MULTIPLE_OF)) % MULTIPLE_OF;
  const [bottom, right] = [missing(height), missing(width)];
  if (bottom === 0 && right === 0) return { padded: (map) => map, cropped: (map) => map };
  return {
    padded: (map) => replicatePad(map, [0, bottom, 0, right]),
    cropped: (map) => tf.slice(map, [0, 0, 0, 0], [batch, height, width, map.shape[3]]),
  };
}
