import { InvalidImageError } from '@latent-matte/core';
import type { WeightArchive } from '@latent-matte/core/checkpoints';
import type * as tf from '@tensorflow/tfjs-core';
import { FrozenNetwork, NetworkBuilder } from '../layers';
import type { Stage } from './parts';

/** What tells one autoencoder from another. */
export interface AutoencoderForm {
  readonly name: string;
  readonly license: string;
  /** Pixels of a side that one latent stands for; sides of a picture are multiples of it. */
  readonly factor: number;
  readonly latentChannels: number;
  /** Longest side of a picture, pixels: maps grow with it. */
  readonly maxSide: number;
  /** RGB `[N, H, W, 3]` in [0, 1] → latents `[N, H/factor, W/factor, latentChannels]`. */
  readonly encoder: (build: NetworkBuilder, prefix: string) => readonly Stage[];
  /** Latents → RGB. */
  readonly decoder: (build: NetworkBuilder, prefix: string) => readonly Stage[];
}

export interface AutoencoderOptions {
  /** For reports and error messages. Default: the network's name. */
  name?: string;
  /** Licence of the weights. Default: that of the published ones. */
  license?: string;
}

/**
 * A convolutional autoencoder of pictures of any size: as TAEF2 is.
 *
 * ```ts
 * const network = createTaef2([encoderFile, decoderFile]);
 * const z = network.encode(image);      // [1, H/8, W/8, 32]
 * const again = network.decode(z);      // some 31 to 35 dB from the image
 * ```
 */
export class Autoencoder extends FrozenNetwork {
  /** Sides of a picture are multiples of it. */
  readonly factor: number;
  readonly latentChannels: number;
  /** Longest side of a picture, pixels. */
  readonly maxSide: number;
  /** The decoder, coarse to fine. */
  readonly decoder: readonly Stage[];
  readonly #encoder: readonly Stage[];

  /** @throws WeightsError naming every tensor that is missing, unexpected or misshapen */
  constructor(form: AutoencoderForm, archive: WeightArchive, options: AutoencoderOptions = {}) {
    const { name = form.name, license = form.license } = options;
    const build = new NetworkBuilder(archive, name);
    const encoder = form.encoder(build, 'encoder.');
    const decoder = form.decoder(build, 'decoder.');
    super(name, license, build.finish());
    this.factor = form.factor;
    this.latentChannels = form.latentChannels;
    this.maxSide = form.maxSide;
    this.#encoder = encoder;
    this.decoder = decoder;
  }

  /**
   * @param image RGB `[N, H, W, 3]` in [0, 1], sides multiples of `factor`, at most `maxSide`
   * @returns latents `[N, H/factor, W/factor, latentChannels]`; the caller disposes them
   * @throws InvalidImageError another shape
   */
  encode(image: tf.Tensor4D): tf.Tensor4D {
    const [, height, width, channels] = image.shape;
    if (channels !== 3 || !this.#fits(height, width)) {
      throw new InvalidImageError(
        `"${this.name}" got a picture [${image.shape}].`,
        `Pass RGB [N, H, W, 3], sides multiples of ${this.factor} and at most ${this.maxSide}.`,
      );
    }
    return through(this.#encoder, image);
  }

  /**
   * @param latents `[N, h, w, latentChannels]`, h and w at most `maxSide / factor`
   * @returns RGB `[N, factor·h, factor·w, 3]`, near [0, 1]; the caller disposes it
   * @throws InvalidImageError another shape
   */
  decode(latents: tf.Tensor4D): tf.Tensor4D {
    const [, height, width, channels] = latents.shape;
    if (
      channels !== this.latentChannels ||
      !this.#fits(height * this.factor, width * this.factor)
    ) {
      throw new InvalidImageError(
        `"${this.name}" got latents [${latents.shape}].`,
        `Pass [N, h, w, ${this.latentChannels}], h and w at most ${this.maxSide / this.factor}.`,
      );
    }
    return through(this.decoder, latents);
  }

  #fits(height: number, width: number): boolean {
    return [height, width].every(
      (side) => side >= this.factor && side <= this.maxSide && side % this.factor === 0,
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
