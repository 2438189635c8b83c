import { maxPoolWithIndices, maxUnpool } from '@latent-matte/core/ops';
import type { Layer, Maps } from '../layers';
import type { FeatureMap } from '../layers/feature-map';

/** Of both repositories' weights. */
export const LICENSE =
  'no licence stated; trained on the Adobe Deep Image Matting dataset (non-commercial)';

/** Convolutions of VGG16 per level. */
export const DEPTHS = [2, 2, 3, 3, 3] as const;

/** Channels of each level. @param width of the first; 64 as published */
export const channelsOf = (width: number) => [1, 2, 4, 8, 8].map((factor) => factor * width);

/** What the decoder reads of one level of the encoder. */
export interface Level {
  /** Before the pool. */
  readonly map: FeatureMap;
  /** Where its maxima are. */
  readonly indices: FeatureMap;
}

export interface Encoded {
  /** After the last pool, 1/32. */
  readonly deepest: FeatureMap;
  /** From fine to coarse. */
  readonly levels: readonly Level[];
}

/** Runs the convolutions of each level, with a 2×2 max-pool behind it. */
export function encode(levels: readonly (readonly Layer[])[], x: Maps): Encoded {
  let y: Maps = x;
  const results = levels.map((convolutions) => {
    const map = convolutions.reduce<Maps>((input, convolve) => convolve(input), y) as FeatureMap;
    const { values, indices } = maxPoolWithIndices(map);
    y = values;
    return { map, indices };
  });
  return { deepest: y as FeatureMap, levels: results };
}

/** Puts a map back to where the pool of `level` found its maxima. */
export function unpool(x: FeatureMap, { map, indices }: Level): FeatureMap {
  return maxUnpool(x, indices, [map.shape[1], map.shape[2]]);
}
