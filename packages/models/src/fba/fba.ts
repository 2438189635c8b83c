import type { MattingInput } from '@latent-matte/core';
import type { WeightArchive } from '@latent-matte/core/checkpoints';
import { resize, stopGradient } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import {
  keepKnown,
  NetworkBuilder,
  normalizeImage,
  roundedSides,
  stateDict,
  type TrimapClasses,
  TrimapNetwork,
  trimapClasses,
} from '../layers';
import type { FeatureMap } from '../layers/feature-map';
import { distanceMaps } from './distance-maps';
import type { FbaLayers } from './fusion';
import { type FbaInput, fba } from './network';

export type { FbaLayers } from './fusion';

/**
 * F, B, Alpha matting (Forte & Pitié 2020; MarcoForte/FBA_Matting): alpha and the colours of both layers. As in
 * the published demo the picture is resized up to multiples of 8 by Lanczos interpolation, and the results back
 * bilinearly (the demo's Lanczos flag is another argument of OpenCV's function). The trimap is resized to the
 * nearest pixel: Lanczos, as there, makes values that are no class.
 */
export class Fba extends TrimapNetwork {
  readonly input = { multipleOf: 1, min: 32, max: 2048 };
  readonly #network: (input: FbaInput) => FbaLayers;

  /** @throws WeightsError when the archive is not an FBA */
  constructor(archive: WeightArchive) {
    const build = new NetworkBuilder(stateDict(archive), 'fba');
    const network = fba(build);
    super('fba', LICENSE, build.finish());
    this.#network = network;
  }

  /**
   * Alpha, foreground and background. Known pixels have the trimap's alpha; a pure foreground or background
   * pixel has the picture's colour in that layer. Differentiable in the image.
   *
   * @returns owned by the caller
   */
  layers(input: MattingInput): FbaLayers {
    return tidied(() => {
      const { image } = input;
      const classes = trimapClasses(this.name, input);
      const { alpha, foreground, background } = this.#layers(image, classes);
      const known = keepKnown(alpha, classes);
      return {
        alpha: known,
        foreground: where(atLevel(known, 1), image, foreground),
        background: where(atLevel(known, 0), image, background),
      };
    });
  }

  /** {@link layers} as the network gives them, known pixels not replaced. */
  predictedLayers(input: MattingInput): FbaLayers {
    return tidied(() => this.#layers(input.image, trimapClasses(this.name, input)));
  }

  protected matte(image: FeatureMap, trimap: TrimapClasses): FeatureMap {
    return this.#layers(image, trimap).alpha;
  }

  #layers(image: FeatureMap, { background, foreground }: TrimapClasses): FbaLayers {
    const size = roundedSides(image, 8, Math.ceil);
    const seen = stopGradient(() => {
      const masks = [background, foreground].map((mask) => resize(mask, size, 'nearest'));
      return { trimap: joined(masks), distances: joined(masks.flatMap(distanceMaps)) };
    });
    const resized = resize(image, size, 'lanczos4');
    const result = this.#network({
      image: resized,
      normalized: normalizeImage(resized),
      ...seen,
    });
    const back = (x: FeatureMap): FeatureMap => resize(x, [image.shape[1], image.shape[2]]);
    return {
      alpha: back(result.alpha),
      foreground: back(result.foreground),
      background: back(result.background),
    };
  }
}

const LICENSE = 'non-commercial (trained on the Adobe Deep Image Matting dataset)';

const joined = (maps: FeatureMap[]): FeatureMap => tf.concat(maps, 3);

/** 1 where alpha is exactly the level; constant. */
function atLevel(alpha: FeatureMap, level: number): FeatureMap {
  return stopGradient(() => tf.cast(tf.equal(alpha, level), 'float32') as FeatureMap);
}

/** `a` where the mask is 1, `b` where it is 0. */
function where(mask: FeatureMap, a: FeatureMap, b: FeatureMap): FeatureMap {
  return tf.add<FeatureMap>(tf.mul(mask, a), tf.mul(tf.sub(1, mask), b));
}

function tidied(f: () => FbaLayers): FbaLayers {
  return tf.tidy(() => ({ ...f() }) as unknown as tf.TensorContainerObject) as unknown as FbaLayers;
}

/**
 * FBA from `FBA.pth`. The caller disposes it.
 *
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { openCheckpoint } from '@latent-matte/core/checkpoints';
 * import { createFba } from '@latent-matte/models';
 *
 * const network = createFba(await openCheckpoint(await readFile('fba.pth')));
 * network.dispose();
 * ```
 *
 * @throws WeightsError naming every missing, unexpected or misshapen tensor
 */
export function createFba(archive: WeightArchive): Fba {
  return new Fba(archive);
}
