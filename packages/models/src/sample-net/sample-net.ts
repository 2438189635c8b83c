import type { MattingInput, MattingTraining, TrainingTruth } from '@latent-matte/core';
import type { WeightArchive } from '@latent-matte/core/checkpoints';
import { resize, stopGradient } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import {
  initialWeights,
  NetworkBuilder,
  roundedSides,
  stateDict,
  type TrimapClasses,
  TrimapNetwork,
  trimapClasses,
} from '../layers';
import {
  formOf,
  type Sampled,
  type SampleNetForm,
  type SampleNetOutput,
  sampleNet,
} from './network';
import { samplingLoss } from './sampling-loss';
import type { SampledLayer } from './sampling-network';

export interface SampleNetOptions {
  /** Make it of variables, for `fineTune`. Slower, and twice the memory. Default false. */
  trainable?: boolean;
}

const NAME = 'sample-net';
const LICENSE = 'of whoever trained the weights: none are published';

/**
 * SampleNet (Tang et al., "Learning-based sampling for natural image matting", CVPR 2019): one network paints the
 * background behind the unknown region, a second the foreground, and a third finds the matte from the picture and both.
 * No weights are published by its authors: {@link sampleNetWeights} begins a training with.
 */
export class SampleNet extends TrimapNetwork {
  readonly input = { multipleOf: 1, min: 32, max: 2048 };
  readonly #network: ReturnType<typeof sampleNet>;
  declare readonly train?: MattingTraining;
  declare readonly variables?: () => Record<string, tf.Variable>;

  /** @throws WeightsError when the archive is not a SampleNet */
  constructor(archive: WeightArchive, { trainable = false }: SampleNetOptions = {}) {
    const build = new NetworkBuilder(stateDict(archive), NAME, { trainable });
    const network = sampleNet(build, formOf(build));
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
   * The layers as they were sampled, RGB `[N, H, W, 3]` in [0, 1], and alpha `[N, H, W, 1]` in (0, 1); known pixels of the
   * trimap are not replaced in alpha.
   *
   * @throws InvalidImageError no trimap, or one of another size than the picture
   */
  answer(input: MattingInput): SampleNetOutput {
    return tf.tidy(() => {
      const { background, foreground, alpha } = this.#answer(
        input.image,
        trimapClasses(NAME, input),
      );
      return { background: background.fine, foreground: foreground.fine, alpha };
    });
  }

  protected matte(image: tf.Tensor4D, trimap: TrimapClasses): tf.Tensor4D {
    return this.#answer(image, trimap).alpha;
  }

  #answer(image: tf.Tensor4D, { unknown, foreground }: TrimapClasses): Sampled {
    const size = roundedSides(image, 32, Math.ceil);
    const back = [image.shape[1], image.shape[2]] as const;
    const nearest = (map: tf.Tensor4D) => stopGradient(() => resize(map, size, 'nearest'));
    const [mixed, front] = [nearest(unknown), nearest(foreground)];
    const behind = stopGradient(() => tf.sub<tf.Tensor4D>(tf.sub(1, mixed), front));
    const made = this.#network({
      image: resize(image, size),
      background: behind,
      unknown: mixed,
      foreground: front,
    });
    const resized = ({ coarse, fine }: SampledLayer) => ({
      coarse: resize(coarse, back),
      fine: resize(fine, back),
    });
    return {
      background: resized(made.background),
      foreground: resized(made.foreground),
      alpha: resize(made.alpha, back),
    };
  }

  #objective(input: MattingInput, truth: TrainingTruth) {
    const classes = trimapClasses(NAME, input);
    const answer = this.#answer(input.image, classes);
    const total = samplingLoss(answer, input.image, classes.unknown, truth);
    return { total, alpha: answer.alpha };
  }
}

/**
 * SampleNet from safetensors that `serializeMattingModel` or {@link sampleNetWeights} made, of any width and depth. The
 * caller disposes it.
 *
 * ```ts
 * import { fineTune } from '@latent-matte/core/fine-tune';
 * import { createSampleNet, sampleNetWeights } from '@latent-matte/models';
 *
 * const weights = sampleNetWeights({ samplingWidth: 8, width: 16, depths: [1, 1, 1, 1], seed: 1 });
 * const network = createSampleNet(weights, { trainable: true });
 * await fineTune(network, { pairs, steps: 1000, learningRate: 1e-3 });
 * ```
 *
 * @throws WeightsError naming every missing, unexpected or misshapen tensor
 */
export function createSampleNet(archive: WeightArchive, options?: SampleNetOptions): SampleNet {
  return new SampleNet(archive, options);
}

export interface SampleNetWeightsOptions extends SampleNetForm {
  /** Default 0. */
  readonly seed?: number;
}

/**
 * Weights to begin a training with (He initialisation), at full size unless told otherwise; the same bytes for one seed.
 *
 * ```ts
 * import { sampleNetWeights } from '@latent-matte/models';
 *
 * const archive = sampleNetWeights();
 * console.log(`${archive.tensors.size} tensors`);
 * ```
 *
 * @param options.samplingWidth channels of the first layer of the sampling networks. Default 32
 * @param options.width channels of the stem of the matting network. Default 64
 * @param options.depths blocks of its four stages. Default 3, 4, 6, 3 (ResNet-50)
 */
export function sampleNetWeights(options: SampleNetWeightsOptions = {}): WeightArchive {
  const { seed = 0, ...form } = options;
  return initialWeights(NAME, (build) => sampleNet(build, form), { seed });
}
