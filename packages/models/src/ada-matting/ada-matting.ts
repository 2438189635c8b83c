import type { MattingInput, MattingTraining, TrainingTruth } from '@latent-matte/core';
import type { WeightArchive } from '@latent-matte/core/checkpoints';
import { resize, stopGradient } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import {
  initialWeights,
  NetworkBuilder,
  normalizeImage,
  roundedSides,
  stateDict,
  type TrimapClasses,
  TrimapNetwork,
  trimapClasses,
  trimapLevels,
} from '../layers';
import type { FeatureMap } from '../layers/feature-map';
import { multiTaskLoss, whereLargest } from './multi-task-loss';
import { type AdaMattingForm, type AdaMattingNetwork, adaMatting, formOf } from './network';

export interface AdaMattingOptions {
  /** Make it of variables, for `fineTune`. Slower, and twice the memory. Default false. */
  trainable?: boolean;
}

/** What the network says before the trimap decides, at the size of the picture. */
export interface AdaMattingAnswer {
  /** The adapted trimap: background, unknown, foreground, `[N, H, W, 3]`. */
  readonly logits: tf.Tensor4D;
  /** Alpha in (0, 1) of every pixel, `[N, H, W, 1]`. */
  readonly alpha: tf.Tensor4D;
}

const NAME = 'ada-matting';
const LICENSE = 'of whoever trained the weights: none are published';

/**
 * AdaMatting (Cai et al., "Disentangled image matting", ICCV 2019): a ResNet-50 encoder, one decoder that adapts the given
 * trimap and one that estimates alpha, and a recurrent propagation unit that refines alpha. Where the adapted trimap is
 * certain, alpha is 0 or 1; where it is unknown, the estimate. Pixels that the given trimap knows keep its value, as in
 * every model here. No weights are published: {@link adaMattingWeights} begins a training with.
 */
export class AdaMatting extends TrimapNetwork {
  readonly input = { multipleOf: 1, min: 32, max: 2048 };
  readonly #network: AdaMattingNetwork;
  declare readonly train?: MattingTraining;
  declare readonly variables?: () => Record<string, tf.Variable>;

  /** @throws WeightsError when the archive is not an AdaMatting */
  constructor(archive: WeightArchive, { trainable = false }: AdaMattingOptions = {}) {
    const build = new NetworkBuilder(stateDict(archive), NAME, { trainable });
    const network = adaMatting(build, formOf(build));
    super(NAME, LICENSE, build.finish());
    this.#network = network;
    Object.assign(
      this,
      this.trainingOf(
        'batch',
        (input) => this.prediction(input),
        (input, truth) => this.#objective(input, truth),
      ),
    );
  }

  /**
   * The adapted trimap as logits, and alpha as the propagation unit leaves it.
   *
   * @throws InvalidImageError no trimap, or one of another size than the picture
   */
  answer(input: MattingInput): AdaMattingAnswer {
    const made = tf.tidy(() => ({ ...this.#answer(input.image, trimapClasses(NAME, input)) }));
    return made;
  }

  protected matte(image: tf.Tensor4D, trimap: TrimapClasses): tf.Tensor4D {
    const { logits, alpha } = this.#answer(image, trimap);
    // A step: where the classes change, alpha jumps, and no gradient says so.
    const unknown = whereLargest(logits, 1);
    return tf.add(tf.mul(alpha, unknown), whereLargest(logits, 2)) as tf.Tensor4D;
  }

  #answer(image: tf.Tensor4D, trimap: TrimapClasses): AdaMattingAnswer {
    const size = roundedSides(image, 32, Math.ceil);
    const back = [image.shape[1], image.shape[2]] as const;
    const colors = resize(normalizeImage(image), size);
    const levels = stopGradient(() => resize(trimapLevels(trimap), size, 'nearest'));
    const decoded = this.#network.decode(colors, levels);
    const classes = tf.softmax(decoded.logits) as FeatureMap;
    const alpha = this.#network.propagate({ image: colors, classes, alpha: decoded.alpha });
    return { logits: resize(decoded.logits, back), alpha: resize(alpha, back) };
  }

  #objective(input: MattingInput, truth: TrainingTruth) {
    const answer = this.#answer(input.image, trimapClasses(NAME, input));
    const { trimap, alpha } = this.#network.uncertainty;
    const total = multiTaskLoss(answer, truth, { trimap: trimap(), alpha: alpha() });
    return { total, alpha: answer.alpha };
  }
}

/**
 * AdaMatting from safetensors that `serializeMattingModel` or {@link adaMattingWeights} made, of any width and depth. The
 * caller disposes it.
 *
 * ```ts
 * import { fineTune } from '@latent-matte/core/fine-tune';
 * import { adaMattingWeights, createAdaMatting } from '@latent-matte/models';
 *
 * const network = createAdaMatting(adaMattingWeights({ width: 16, depths: [1, 1, 1, 1], seed: 1 }), { trainable: true });
 * await fineTune(network, { pairs, steps: 1000, learningRate: 1e-3 });
 * ```
 *
 * @throws WeightsError naming every missing, unexpected or misshapen tensor
 */
export function createAdaMatting(archive: WeightArchive, options?: AdaMattingOptions): AdaMatting {
  return new AdaMatting(archive, options);
}

export interface AdaMattingWeightsOptions extends AdaMattingForm {
  /** Default 0. */
  readonly seed?: number;
}

/**
 * Weights to begin a training with (He initialisation), at full size unless told otherwise; the same bytes for one seed.
 *
 * ```ts
 * import { adaMattingWeights } from '@latent-matte/models';
 *
 * const archive = adaMattingWeights();
 * console.log(`${archive.tensors.size} tensors`);
 * ```
 *
 * @param options.width channels of the stem. Default 64
 * @param options.depths blocks of the four stages. Default 3, 4, 6, 3 (ResNet-50)
 */
export function adaMattingWeights(options: AdaMattingWeightsOptions = {}): WeightArchive {
  const { seed = 0, ...form } = options;
  return initialWeights(NAME, (build) => adaMatting(build, form), { seed });
}
