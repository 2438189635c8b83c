import { InvalidOptionError, type MattingInput, type MattingModel } from '@latent-matte/core';
import type { WeightArchive } from '@latent-matte/core/checkpoints';
import { resize } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import { FrozenNetwork, NetworkBuilder, selectChannels, stateDict } from '../layers';
import { decoder, type RvmState } from './decoder';
import { channelsOf, encoder, type RvmVariant } from './encoder';
import { deepGuidedFilter } from './refiner';
import { RvmSequence } from './sequence';

export interface RvmOptions {
  /**
   * Working size as a fraction of the picture's, in (0, 1]; below 1 the refiner carries the matte to full
   * size. Default `'auto'`: the longest side becomes at most 512, as in the published `convert_video`.
   */
  downsampleRatio?: number | 'auto';
  /** Which of the two networks the file must be. Default: the one it is. */
  variant?: RvmVariant;
}

/** One frame. Foreground `[N, H, W, 3]` and alpha `[N, H, W, 1]` in [0, 1]. */
export interface RvmMatte {
  readonly foreground: tf.Tensor4D;
  readonly alpha: tf.Tensor4D;
  /** For the next frame. */
  readonly state: RvmState;
}

const AUTO_SIZE = 512;

/**
 * Robust Video Matting (Lin et al., WACV 2022; PeterL1n/RobustVideoMatting), with MobileNetV3 or ResNet-50:
 * matting of people without a trimap. {@link alpha} sees a picture on its own, {@link sequence} follows a video.
 */
export class Rvm extends FrozenNetwork implements MattingModel {
  readonly needsTrimap = false;
  readonly differentiable = 'image';
  readonly input = { multipleOf: 1, min: 32, max: 4096 };
  readonly variant: RvmVariant;
  readonly #downsampleRatio: number | 'auto';
  readonly #encode: ReturnType<typeof encoder>;
  readonly #decode: ReturnType<typeof decoder>;
  readonly #refine: ReturnType<typeof deepGuidedFilter>;
  readonly #project: (hidden: tf.Tensor4D) => tf.Tensor4D;

  /** @throws WeightsError when the archive is neither of the two networks */
  constructor(
    archive: WeightArchive,
    { downsampleRatio = 'auto', variant: wanted }: RvmOptions = {},
  ) {
    if (downsampleRatio !== 'auto' && !(downsampleRatio > 0 && downsampleRatio <= 1)) {
      throw new InvalidOptionError(
        `downsampleRatio is ${downsampleRatio}.`,
        "Use a number above 0 and at most 1, or 'auto'.",
      );
    }
    const weights = stateDict(archive);
    const residual = weights.tensors.has('backbone.layer1.0.conv1.weight');
    const variant = wanted ?? (residual ? 'resnet50' : 'mobilenetv3');
    // The segmentation head is for training.
    const build = new NetworkBuilder(weights, `rvm-${variant}`, {
      ignore: (name) => name.startsWith('project_seg.'),
    });
    const channels = channelsOf(build, variant);
    const encode = encoder(build, variant, channels);
    const decode = decoder(build, channels);
    const refine = deepGuidedFilter(build);
    const project = build.convolution('project_mat.conv', { inputs: 16, outputs: 4, kernel: 1 });
    super(`rvm-${variant}`, 'GPL-3.0', build.finish());
    this.variant = variant;
    this.#downsampleRatio = downsampleRatio;
    this.#encode = encode;
    this.#decode = decode;
    this.#refine = refine;
    this.#project = project;
  }

  alpha({ image }: MattingInput): tf.Tensor4D {
    return tf.tidy(() => clip(selectChannels(this.#run(image).matte, 3, 1)));
  }

  /**
   * One frame, given what is remembered of those before. Differentiable in the image and in the state.
   *
   * @param image RGB `[N, H, W, 3]` in [0, 1]
   * @param state of the last frame of the same size; none = the first
   * @returns owned by the caller
   */
  matte(image: tf.Tensor4D, state?: RvmState): RvmMatte {
    return tf.tidy(() => {
      const { matte, state: next } = this.#run(image, state);
      const foreground = clip(tf.add(selectChannels(matte, 0, 3), image));
      const result = { foreground, alpha: clip(selectChannels(matte, 3, 1)), state: [...next] };
      return result as unknown as tf.TensorContainerObject;
    }) as unknown as RvmMatte;
  }

  /** Follows a video frame by frame; see {@link RvmSequence}. */
  sequence(): RvmSequence {
    return new RvmSequence(this);
  }

  /** Foreground residual and alpha before clipping, 4 channels at the size of the picture. */
  #run(image: tf.Tensor4D, state?: RvmState): { matte: tf.Tensor4D; state: RvmState } {
    const [, height, width] = image.shape;
    const ratio =
      this.#downsampleRatio === 'auto'
        ? Math.min(1, AUTO_SIZE / Math.max(height, width))
        : this.#downsampleRatio;
    const size = [height, width].map((side) => Math.max(1, Math.floor(side * ratio)));
    const small = ratio === 1 ? image : resize(image, [size[0], size[1]]);
    const { skips, coarse } = this.#encode(small);
    const { hidden, state: next } = this.#decode(small, skips, coarse, state);
    const matte = this.#project(hidden);
    if (ratio === 1) return { matte, state: next };
    return { matte: this.#refine(image, { image: small, matte, hidden }), state: next };
  }
}

const clip = (x: tf.Tensor4D): tf.Tensor4D => tf.clipByValue(x, 0, 1);

/**
 * RVM from `rvm_mobilenetv3.pth` or `rvm_resnet50.pth`; the file says which. The caller disposes it.
 *
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { openCheckpoint } from '@latent-matte/core/checkpoints';
 * import { createRvm } from '@latent-matte/models';
 *
 * const network = createRvm(await openCheckpoint(await readFile('rvm_mobilenetv3.pth')));
 * network.dispose();
 * ```
 *
 * @throws WeightsError naming every missing, unexpected or misshapen tensor
 */
export function createRvm(archive: WeightArchive, options?: RvmOptions): Rvm {
  return new Rvm(archive, options);
}
