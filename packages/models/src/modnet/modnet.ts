import type { MattingInput, MattingModel, MattingTraining } from '@latent-matte/core';
import type { WeightArchive } from '@latent-matte/core/checkpoints';
import { adaptiveAveragePool } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import { FrozenNetwork, NetworkBuilder, stateDict } from '../layers';
import { modnet } from './network';

export interface ModnetOptions {
  /**
   * The published input rule: a portrait whose longest side is below this, or whose shortest side is above, is
   * resized so that the shortest side equals it; both sides are then floored to multiples of 32. Default 512,
   * at which it was trained; smaller is faster. `'none'` takes portraits as they are, sides multiples of 32.
   */
  referenceSize?: number | 'none';
  /** Make it of variables, for `fineTune`. Slower, and twice the memory. Default false. */
  trainable?: boolean;
}

/**
 * MODNet (Ke et al., AAAI 2022; ZHKKKe/MODNet): portrait matting without a trimap. Resizing in and out averages
 * over areas, as the published demo does.
 */
export class Modnet extends FrozenNetwork implements MattingModel {
  readonly needsTrimap = false;
  readonly differentiable = 'image';
  readonly input: { readonly multipleOf: number; readonly min: number; readonly max: number };
  readonly #referenceSize: number | 'none';
  readonly #network: (x: tf.Tensor4D) => tf.Tensor4D;
  declare readonly train?: MattingTraining;
  declare readonly variables?: () => Record<string, tf.Variable>;

  /** @throws WeightsError when the archive is not a MODNet */
  constructor(
    archive: WeightArchive,
    { referenceSize = 512, trainable = false }: ModnetOptions = {},
  ) {
    const build = new NetworkBuilder(stateDict(archive), 'modnet', { ignore: isUnused, trainable });
    const network = modnet(build);
    super('modnet', 'Apache-2.0', build.finish());
    this.#network = network;
    this.#referenceSize = referenceSize;
    this.input = { multipleOf: referenceSize === 'none' ? 32 : 1, min: 32, max: 2048 };
    // `supervised_training_iter` of the published trainer: `modnet.train()`, norms included.
    Object.assign(
      this,
      this.trainingOf('batch', (input) => this.alpha(input)),
    );
  }

  alpha({ image }: MattingInput): tf.Tensor4D {
    return tf.tidy(() => {
      const [, height, width] = image.shape;
      const size = workingSize(height, width, this.#referenceSize);
      const signed = tf.sub(tf.mul(adaptiveAveragePool(image, size), 2), 1) as tf.Tensor4D;
      return adaptiveAveragePool(tf.sigmoid(this.#network(signed)), [height, width]);
    });
  }
}

/** The size at which the network sees a portrait. */
export function workingSize(
  height: number,
  width: number,
  reference: number | 'none',
): [height: number, width: number] {
  const floor = (side: number) => Math.max(32, side - (side % 32));
  if (reference === 'none') return [height, width];
  const short = Math.min(height, width);
  const resized = Math.max(height, width) < reference || short > reference;
  const scaled = (side: number) =>
    side === short ? reference : Math.floor((side / short) * reference);
  return resized ? [floor(scaled(height)), floor(scaled(width))] : [floor(height), floor(width)];
}

/**
 * Tensors of the published file that inference does without: the second names of the backbone, the outputs of
 * training, and the classifier of ImageNet.
 */
const isUnused = (name: string) =>
  /^(lr_branch\.backbone\.|lr_branch\.conv_lr\.|hr_branch\.conv_hr\.|backbone\.model\.classifier\.)/.test(
    name,
  );

/**
 * MODNet from `modnet_photographic_portrait_matting.ckpt` or `modnet_webcam_portrait_matting.ckpt`. The caller
 * disposes it.
 *
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { openCheckpoint } from '@latent-matte/core/checkpoints';
 * import { createModnet } from '@latent-matte/models';
 *
 * const network = createModnet(await openCheckpoint(await readFile('modnet_photographic_portrait_matting.ckpt')));
 * network.dispose();
 * ```
 *
 * @throws WeightsError naming every missing, unexpected or misshapen tensor
 */
export function createModnet(archive: WeightArchive, options?: ModnetOptions): Modnet {
  return new Modnet(archive, options);
}
