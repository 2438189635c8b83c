import type { PerceptualModel } from '@latent-matte/core';
import type { WeightArchive } from '@latent-matte/core/checkpoints';
import * as tf from '@tensorflow/tfjs-core';
import { FrozenNetwork, NetworkBuilder, normalizeImage, stateDict } from '../layers';
import { vgg16Blocks } from './blocks';

/** Which map of VGG16 is the feature: the output of the convolution, or of the ReLU after it. */
export type Vgg16Layer = 'conv4_2' | 'relu4_2';

export interface Vgg16Options {
  /**
   * Default `'conv4_2'`: the paper (Eq. 7) names the convolution; its authors ran LPIPS-VGG. Re-implementations of Image2StyleGAN compare
   * after the ReLU.
   */
  layer?: Vgg16Layer;
}

/**
 * VGG16 (Simonyan & Zisserman 2015; torchvision's `vgg16`, ImageNet weights) up to conv4_2: the feature
 * extractor of L_pp (paper Eq. 7). Images are normalised with ImageNet's statistics inside.
 */
export class Vgg16 extends FrozenNetwork implements PerceptualModel {
  readonly input = { multipleOf: 1, min: 16, max: 2048 };
  /** See {@link Vgg16Options}. */
  readonly layer: Vgg16Layer;
  readonly #run: (x: tf.Tensor4D) => tf.Tensor4D[];

  /** @throws WeightsError when the archive is not a VGG16 */
  constructor(archive: WeightArchive, { layer = 'conv4_2' }: Vgg16Options = {}) {
    const build = new NetworkBuilder(stateDict(archive), 'vgg16', { ignore: isDeeper });
    const { run } = vgg16Blocks(build, {
      end: { block: 3, convolutions: 2 },
      rectified: layer === 'relu4_2',
    });
    super('vgg16', 'BSD-3-Clause (torchvision; weights trained on ImageNet)', build.finish());
    this.layer = layer;
    this.#run = run;
  }

  /** RGB `[N, H, W, 3]` in [0, 1] → `[N, ⌊H/8⌋, ⌊W/8⌋, 512]`. */
  features(image: tf.Tensor4D): tf.Tensor4D {
    return tf.tidy(() => this.#run(normalizeImage(image))[3]);
  }
}

/** The rest of the published file: later convolutions and the classifier. */
const isDeeper = (name: string) => /^(classifier\.|features\.2[1-8]\.)/.test(name);

/**
 * VGG16 from torchvision's checkpoint (`vgg16-397923af.pth`), or any archive with its first nine convolutions
 * under torchvision's names. The caller disposes it.
 *
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { openCheckpoint } from '@latent-matte/core/checkpoints';
 * import { createVgg16 } from '@latent-matte/models';
 *
 * const network = createVgg16(await openCheckpoint(await readFile('vgg16.pth')));
 * network.dispose();
 * ```
 *
 * @throws WeightsError naming every missing, unexpected or misshapen tensor
 */
export function createVgg16(archive: WeightArchive, options?: Vgg16Options): Vgg16 {
  return new Vgg16(archive, options);
}
