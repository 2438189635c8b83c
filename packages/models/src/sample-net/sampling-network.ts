import * as tf from '@tensorflow/tfjs-core';
import { type NetworkBuilder, normalizeImage } from '../layers';
import type { FeatureMap } from '../layers/feature-map';
import { coarseStage } from './coarse-stage';
import { fineStage } from './fine-stage';

/** One layer of a portrait, as each stage has it: RGB in [0, 1], the picture where the layer is seen. */
export interface SampledLayer {
  readonly coarse: FeatureMap;
  readonly fine: FeatureMap;
}

/** What a sampling network is given, sides multiples of 8. */
export interface SamplingInput {
  /** RGB in [0, 1]. */
  readonly image: FeatureMap;
  /** 1 where the trimap shows this layer, else 0. */
  readonly seen: FeatureMap;
  /** What else the coarse stage reads. */
  readonly hints: readonly FeatureMap[];
}

/**
 * Colours of one layer of a portrait where they cannot be seen: the inpainting network of Yu et al. ("Generative image
 * inpainting with contextual attention", CVPR 2018), a first guess and its refinement.
 *
 * @param hints channels of each of the hints
 * @param width channels of the first layer; 32 as published
 */
export function samplingNetwork(
  build: NetworkBuilder,
  name: string,
  hints: readonly number[],
  width: number,
): (input: SamplingInput) => SampledLayer {
  const guess = coarseStage(build, `${name}.coarse`, [3, 1, ...hints], width);
  const refine = fineStage(build, `${name}.fine`, width);
  return ({ image, seen, hints }) => {
    const keepSeen = (sampled: FeatureMap): FeatureMap =>
      tf.add(tf.mul(image, seen), tf.mul(sampled, tf.sub(1, seen)));
    const coarse = keepSeen(guess([normalizeImage(image), seen, ...hints]));
    const fine = keepSeen(refine({ colors: normalizeImage(coarse), seen }));
    return { coarse, fine };
  };
}
