import { maxPool, type PerceptualModel, type WeightArchive } from '@latent-matte/core';
import * as tf from '@tensorflow/tfjs-core';
import { FrozenNetwork, type Layer, NetworkBuilder, normalizeImage, stateDict } from '../layers';

/** Which map of VGG16 is the feature: the output of the convolution, or of the ReLU after it. */
export type Vgg16Layer = 'conv4_2' | 'relu4_2';

export interface Vgg16Options {
  /**
   * Default `'conv4_2'`: the paper (Eq. 7) names the convolution. Re-implementations of Image2StyleGAN compare
   * after the ReLU.
   */
  layer?: Vgg16Layer;
}

/** Convolutions per block up to conv4_2; each block has twice the channels, behind a 2×2 max-pool. */
const DEPTHS = [2, 2, 3, 2] as const;

/**
 * VGG16 (Simonyan & Zisserman 2015; torchvision's `vgg16`, ImageNet weights) up to conv4_2: the feature
 * extractor of L_pp (paper Eq. 7). Images are normalised with ImageNet's statistics inside.
 */
export class Vgg16 extends FrozenNetwork implements PerceptualModel {
  readonly input = { multipleOf: 1, min: 16, max: 2048 };
  /** See {@link Vgg16Options}. */
  readonly layer: Vgg16Layer;
  readonly #blocks: readonly (readonly Layer[])[];

  /** @throws WeightsError when the archive is not a VGG16 */
  constructor(archive: WeightArchive, { layer = 'conv4_2' }: Vgg16Options = {}) {
    const build = new NetworkBuilder(stateDict(archive), 'vgg16', { ignore: isDeeper });
    // 64 in the published network; slimmer ones of the same design are read too.
    const width = build.shapeOf('features.0.weight')?.[0] ?? 64;
    let inputs = 3;
    let index = 0;
    const blocks = DEPTHS.map((depth, level) => {
      const outputs = width * 2 ** level;
      const block = Array.from({ length: depth }, (_, i) => {
        const last = level === DEPTHS.length - 1 && i === depth - 1;
        const activation = last && layer === 'conv4_2' ? 'linear' : 'relu';
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
    super('vgg16', 'BSD-3-Clause (torchvision; weights trained on ImageNet)', build.finish());
    this.layer = layer;
    this.#blocks = blocks;
  }

  /** RGB `[N, H, W, 3]` in [0, 1] → `[N, ⌊H/8⌋, ⌊W/8⌋, 512]`. */
  features(image: tf.Tensor4D): tf.Tensor4D {
    return tf.tidy(() => {
      let y = normalizeImage(image);
      this.#blocks.forEach((block, level) => {
        if (level > 0) y = maxPool(y, { size: 2, stride: 2 });
        for (const convolution of block) y = convolution(y);
      });
      return y;
    });
  }
}

/** The rest of the published file: later convolutions and the classifier. */
const isDeeper = (name: string) => /^(classifier\.|features\.2[1-8]\.)/.test(name);

/**
 * VGG16 from torchvision's checkpoint (`vgg16-397923af.pth`), or any archive with its first nine convolutions
 * under torchvision's names. The caller disposes it.
 *
 * @throws WeightsError naming every missing, unexpected or misshapen tensor
 */
export function createVgg16(archive: WeightArchive, options?: Vgg16Options): Vgg16 {
  return new Vgg16(archive, options);
}
