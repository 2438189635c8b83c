import {
  type Generator,
  type GeneratorContext,
  type GeneratorSegment,
  InvalidImageError,
  InvalidOptionError,
  type LatentCode,
  type LatentShape,
  SPEC_VERSION,
} from '@latent-matte/core';
import { replicatePad } from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import { refuseAfterDispose } from '../layers/refuse-after-dispose';
import type { Taef2 } from './taef2';

export interface Taef2GeneratorOptions {
  /**
   * How far a latent of the autoencoder moves when a value of the code moves by 1, > 0. Adam moves every value by about the
   * learning rate, whatever the gradient, so that this is the rate of the search in units of the preset's. Default 25.
   */
  gain?: number;
}

/** 15 steps of 2.5e-4, as `fast` takes them, move a latent by at most 0.1; latents spread by about 0.9. Not tuned. */
const GAIN = 25;

/**
 * A portrait and what an autoencoder makes of a change of its latents,
 *
 *     G(δ) = x + D(z + g δ) − D(z),   z = E(x).
 *
 * Inversion is exact (δ = 0) and instant, however badly D(E(x)) shows the photo; pictures of any size, no face alignment.
 * A change is one of pictures that the decoder knows.
 */
export class Taef2Generator implements Generator {
  readonly specVersion = SPEC_VERSION;
  readonly name: string;
  readonly license: string;
  readonly resolution: readonly [number, number];
  readonly latents: LatentShape;
  readonly range = 1;
  readonly #network: Taef2;
  readonly #gain: number;
  readonly #portrait: tf.Tensor4D;
  readonly #latents: tf.Tensor4D;
  readonly #decoded: tf.Tensor4D;

  /**
   * @param network disposed with the generator
   * @param context its `image`, RGB `[1, H, W, 3]` in [0, 1], is copied
   * @throws InvalidOptionError a gain out of range. @throws InvalidImageError a picture of another shape, or too large
   */
  constructor(
    network: Taef2,
    { image }: GeneratorContext,
    { gain = GAIN }: Taef2GeneratorOptions = {},
  ) {
    if (!(gain > 0 && Number.isFinite(gain))) {
      throw new InvalidOptionError(`Taef2Generator got gain ${gain}.`, 'Use a number above 0.');
    }
    const [batch, height, width, channels] = image.shape;
    const { factor, latentChannels, maxSide } = network;
    if (batch !== 1 || channels !== 3 || Math.max(height, width) > maxSide) {
      throw new InvalidImageError(
        `Taef2Generator got a picture [${image.shape}].`,
        `Pass RGB [1, H, W, 3], sides at most ${maxSide}.`,
      );
    }
    this.name = network.name;
    this.license = network.license;
    this.resolution = [height, width];
    const [rows, columns] = [Math.ceil(height / factor), Math.ceil(width / factor)];
    this.latents = { styles: [0, 0], noise: [[rows, columns, latentChannels]] };
    this.#network = network;
    this.#gain = gain;
    this.#portrait = tf.clone(image);
    this.#latents = tf.tidy(() =>
      network.encode(replicatePad(image, [0, rows * factor - height, 0, columns * factor - width])),
    );
    this.#decoded = network.decode(this.#latents);
  }

  /** The portrait it was made for has the code 0; other portraits have none. */
  encode(_image: tf.Tensor4D): LatentCode {
    const [size] = this.latents.noise as [readonly [number, number, number]];
    return { styles: tf.zeros([1, 0, 0]), noise: [tf.zeros([1, ...size]) as tf.Tensor4D] };
  }

  synthesize(code: LatentCode): tf.Tensor4D {
    let state: readonly tf.Tensor4D[] = [];
    for (const { segments = [] } of this.segments()) {
      for (const { run } of segments) {
        const before = state;
        state = run(before, code);
        tf.dispose(before.filter((map) => !state.includes(map)));
      }
    }
    return state[0]!;
  }

  /** One piece per resolution of the decoder, cut into single convolutions inside. */
  segments(): readonly GeneratorSegment[] {
    const stages = this.#network.decoder;
    return stages.map(({ factor, parts }, level) => {
      const runs: GeneratorSegment['run'][] = parts.map((part) => (state) => part(state));
      if (level === 0) runs.unshift((_, { noise }) => [this.#moved(noise[0] as tf.Tensor4D)]);
      if (level === stages.length - 1) runs.push(([decoded]) => [this.#shown(decoded!)]);
      const segments = runs.map((run, i) => ({ name: `1/${factor} part ${i}`, run }));
      return {
        name: `1/${factor}`,
        run: (state, code) =>
          runs.reduce<readonly tf.Tensor4D[]>((s, run) => run(s, code), state) as tf.Tensor4D[],
        segments,
      };
    });
  }

  #moved(change: tf.Tensor4D): tf.Tensor4D {
    return tf.tidy(() => tf.add(this.#latents, tf.mul(change, this.#gain)) as tf.Tensor4D);
  }

  /** The difference first: of equal pictures it is 0 to the bit. */
  #shown(decoded: tf.Tensor4D): tf.Tensor4D {
    return tf.tidy(() => {
      const change = tf.sub(decoded, this.#decoded);
      const cut = tf.slice(change, [0, 0, 0, 0], [-1, ...this.resolution, -1]);
      return tf.add(this.#portrait, cut) as tf.Tensor4D;
    });
  }

  dispose(): void {
    tf.dispose([this.#portrait, this.#latents, this.#decoded]);
    this.#network.dispose();
    refuseAfterDispose(this);
  }
}
