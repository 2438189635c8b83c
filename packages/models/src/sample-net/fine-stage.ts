import { resize, stopGradient } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { NetworkBuilder } from '../layers';
import type { FeatureMap } from '../layers/feature-map';
import { contextualAttention } from './contextual-attention';
import { colors, DILATIONS, inpaintingLayers } from './inpainting-layers';

/** The branch that invents. */
const INVENTION = [
  { channels: 1, kernel: 5 },
  { channels: 1, stride: 2 },
  { channels: 2 },
  { channels: 2, stride: 2 },
  { channels: 4 },
  { channels: 4 },
  ...DILATIONS,
];

/** The branch that looks for what is alike; its last maps are compared, so that none of them is negative. */
const LIKENESS = [
  { channels: 1, kernel: 5 },
  { channels: 1, stride: 2 },
  { channels: 2 },
  { channels: 4, stride: 2 },
  { channels: 4 },
  { channels: 4, activation: 'relu' as const },
];

/** What follows contextual attention, and what follows both branches. */
const TWO = [{ channels: 4 }, { channels: 4 }];

/** What the fine stage is given. */
export interface FirstGuess {
  /** Normalised RGB: the picture where the layer is seen, the coarse colours elsewhere. */
  readonly colors: FeatureMap;
  /** 1 where the layer is seen, else 0. */
  readonly seen: FeatureMap;
}

/**
 * The refinement network of Yu et al. (CVPR 2018): a branch of dilated layers and one with contextual attention, which
 * copies from where the layer is seen, and one decoder of both.
 *
 * @returns colours in (0, 1), `[N, H, W, 3]`, sides multiples of 4
 */
export function fineStage(
  build: NetworkBuilder,
  name: string,
  width: number,
): (guess: FirstGuess) => FeatureMap {
  const invent = inpaintingLayers(build, `${name}.invention`, [3, 1], width, INVENTION);
  const liken = inpaintingLayers(build, `${name}.likeness`, [3, 1], width, LIKENESS);
  const attended = inpaintingLayers(build, `${name}.attention`, [liken.outputs], width, TWO);
  const join = inpaintingLayers(
    build,
    `${name}.join`,
    [invent.outputs, attended.outputs],
    width,
    TWO,
  );
  const paint = colors(build, name, join.outputs, width);
  return ({ colors, seen }) => {
    const features = liken([colors, seen]);
    const [, height, width] = features.shape;
    // A place counts as seen where all its pixels are.
    const places = stopGradient(() => wholly(seen, [height, width]));
    const copied = attended(contextualAttention(features, places));
    return paint(join([invent([colors, seen]), copied]));
  };
}

/** 1 where the mean of a map of zeros and ones is 1. */
const wholly = (map: FeatureMap, size: readonly [number, number]): FeatureMap =>
  tf.tidy(() => tf.step(tf.sub<FeatureMap>(resize(map, size, 'area'), 1 - 1e-3)));
