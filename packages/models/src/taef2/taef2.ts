import { InvalidImageError } from '@latent-matte/core';
import type { WeightArchive } from '@latent-matte/core/checkpoints';
import type * as tf from '@tensorflow/tfjs-core';
import { FrozenNetwork, NetworkBuilder, stateDict } from '../layers';
import { decoderStages, encoderStages, FACTOR, LATENT_CHANNELS, type Stage } from './network';

export interface Taef2Options {
  /** For reports and error messages. Default `taef2`. */
  name?: string;
  /** Licence of the weights. Default that of the published ones, MIT. */
  license?: string;
}

/** Longest side of a picture: one map of 64 channels takes 1 GB there. */
const MOST_SIDE = 2048;

/**
 * TAEF2 (madebyollin/taesd): a tiny autoencoder in the latent space of FLUX.2, 1.34 M parameters each way. Its encoder and
 * decoder are 3×3 convolutions of 64 channels with ReLU; blocks at an eighth of the size look at the whole picture through
 * a group normalisation.
 *
 * ```ts
 * const network = createTaef2(encoderFile, decoderFile);
 * const z = network.encode(image);      // [1, H/8, W/8, 32]
 * const again = network.decode(z);      // some 31 to 35 dB from the image
 * ```
 */
export class Taef2 extends FrozenNetwork {
  /** Sides of a picture are multiples of it. */
  readonly factor = FACTOR;
  readonly latentChannels = LATENT_CHANNELS;
  /** Longest side of a picture, pixels. */
  readonly maxSide = MOST_SIDE;
  /** The decoder, coarse to fine. */
  readonly decoder: readonly Stage[];
  readonly #encoder: readonly Stage[];

  /** @throws WeightsError naming every tensor that is missing, unexpected or misshapen */
  constructor(
    archive: WeightArchive,
    { name = 'taef2', license = 'MIT (madebyollin/taesd)' }: Taef2Options = {},
  ) {
    const build = new NetworkBuilder(stateDict(archive), name);
    const encoder = encoderStages(build, 'encoder.');
    const decoder = decoderStages(build, 'decoder.');
    super(name, license, build.finish());
    this.#encoder = encoder;
    this.decoder = decoder;
  }

  /**
   * @param image RGB `[N, H, W, 3]` in [0, 1], sides multiples of 8, at most 2048
   * @returns latents `[N, H/8, W/8, 32]`; the caller disposes them
   * @throws InvalidImageError another shape
   */
  encode(image: tf.Tensor4D): tf.Tensor4D {
    const [, height, width, channels] = image.shape;
    if (channels !== 3 || !this.#fits(height, width)) {
      throw new InvalidImageError(
        `TAEF2 got a picture [${image.shape}].`,
        `Pass RGB [N, H, W, 3], sides multiples of ${FACTOR} and at most ${MOST_SIDE}.`,
      );
    }
    return through(this.#encoder, image);
  }

  /**
   * @param latents `[N, h, w, 32]`, h and w at most 256
   * @returns RGB `[N, 8h, 8w, 3]`, near [0, 1]; the caller disposes it
   * @throws InvalidImageError another shape
   */
  decode(latents: tf.Tensor4D): tf.Tensor4D {
    const [, height, width, channels] = latents.shape;
    if (channels !== LATENT_CHANNELS || !this.#fits(height * FACTOR, width * FACTOR)) {
      throw new InvalidImageError(
        `TAEF2 got latents [${latents.shape}].`,
        `Pass [N, h, w, ${LATENT_CHANNELS}], h and w at most ${MOST_SIDE / FACTOR}.`,
      );
    }
    return through(this.decoder, latents);
  }

  #fits(height: number, width: number): boolean {
    return [height, width].every(
      (side) => side >= FACTOR && side <= MOST_SIDE && side % FACTOR === 0,
    );
  }
}

/** All parts, one after the other; maps are freed as soon as no part wants them. */
function through(stages: readonly Stage[], x: tf.Tensor4D): tf.Tensor4D {
  let state: readonly tf.Tensor4D[] = [x];
  for (const part of stages.flatMap(({ parts }) => parts)) {
    const before = state;
    state = part(before);
    for (const map of before) if (map !== x && !state.includes(map)) map.dispose();
  }
  return state[0]!;
}
