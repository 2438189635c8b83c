import { replicatePad } from '@latent-matte/core';
import * as tf from '@tensorflow/tfjs-core';
import { MULTIPLE_OF } from './network';

type Map = tf.Tensor4D;

/** Maps of one size, brought to whole blocks, and the way back. */
export interface WholeBlocks {
  /** Repeats the right and the bottom edge up to the next multiples of 32. */
  padded(map: Map): Map;
  /** Cuts them off. */
  cropped(map: Map): Map;
}

/** For maps `[N, H, W, ·]` of the size of `image`. As `training/python/predict.py` does. */
export function wholeBlocks({ shape: [batch, height, width] }: Map): WholeBlocks {
  const missing = (side: number) => (MULTIPLE_OF - (side % MULTIPLE_OF)) % MULTIPLE_OF;
  const [bottom, right] = [missing(height), missing(width)];
  if (bottom === 0 && right === 0) return { padded: (map) => map, cropped: (map) => map };
  return {
    padded: (map) => replicatePad(map, [0, bottom, 0, right]),
    cropped: (map) => tf.slice(map, [0, 0, 0, 0], [batch, height, width, map.shape[3]]),
  };
}
