import type { WeightArchive } from '@latent-matte/core/checkpoints';
import { type Borders, reflectPad, stopGradient } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import {
  NetworkBuilder,
  normalizeImage,
  roundedSides,
  stateDict,
  type TrimapClasses,
  TrimapNetwork,
} from '../layers';
import type { FeatureMap } from '../layers/feature-map';
import { gca } from './network';

export interface GcaOptions {
  /**
   * Pixels by which the picture is continued beyond each border by reflection before the network sees it.
   * Default 32, as in the published demo.
   */
  border?: number;
}

/**
 * GCA matting (Li & Lu: Natural image matting via guided contextual attention, AAAI 2020; Yaoyi-Li/GCA-Matting).
 * As in the published demo the picture is padded by reflection, by 32 pixels and up to multiples of 32, and the
 * trimap enters as three classes. Memory grows with the fourth power of the side: 4624² scores at 1024².
 */
export class Gca extends TrimapNetwork {
  /** Reflection needs pictures larger than what it adds, up to 63 pixels. */
  readonly input = { multipleOf: 1, min: 64, max: 1024 };
  readonly #border: number;
  readonly #network: (image: FeatureMap, trimap: FeatureMap, unknown: FeatureMap) => FeatureMap;

  /** @throws WeightsError when the archive is not a GCA */
  constructor(archive: WeightArchive, { border = 32 }: GcaOptions = {}) {
    const build = new NetworkBuilder(stateDict(archive), 'gca');
    const network = gca(build);
    super('gca', LICENSE, build.finish());
    this.#border = border;
    this.#network = network;
  }

  protected matte(
    image: FeatureMap,
    { background, unknown, foreground }: TrimapClasses,
  ): FeatureMap {
    const [batch, height, width] = image.shape;
    const border = this.#border;
    const [fullHeight, fullWidth] = roundedSides(image, 32, Math.ceil);
    const borders: Borders = [
      border,
      border + fullHeight - height,
      border,
      border + fullWidth - width,
    ];
    const padded = (x: FeatureMap): FeatureMap =>
      Math.max(...borders) > 0 ? reflectPad(x, borders) : x;
    const classes = stopGradient(() => ({
      unknown: padded(unknown),
      all: padded(tf.concat([background, unknown, foreground], 3)),
    }));
    const alpha = this.#network(padded(normalizeImage(image)), classes.all, classes.unknown);
    return tf.slice(alpha, [0, border, border, 0], [batch, height, width, 1]);
  }
}

const LICENSE =
  'weights: non-commercial (trained on the Adobe Deep Image Matting dataset); code: MIT';

/**
 * GCA from `gca-dist.pth` or `gca-dist-all-data.pth`. The caller disposes it.
 *
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { openCheckpoint } from '@latent-matte/core/checkpoints';
 * import { createGca } from '@latent-matte/models';
 *
 * const network = createGca(await openCheckpoint(await readFile('gca-dist-all-data.pth')));
 * network.dispose();
 * ```
 *
 * @throws WeightsError naming every missing, unexpected or misshapen tensor
 */
export function createGca(archive: WeightArchive, options?: GcaOptions): Gca {
  return new Gca(archive, options);
}
