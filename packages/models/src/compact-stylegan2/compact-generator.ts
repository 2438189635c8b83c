import {
  type Generator,
  type GeneratorSegment,
  type LatentCode,
  type LatentEncoder,
  type LatentShape,
  SPEC_VERSION,
} from '@latent-matte/core';
import * as tf from '@tensorflow/tfjs-core';
import { refuseAfterDispose } from '../layers/refuse-after-dispose';
import type { StyleGAN2GeneratorArchitecture } from '../stylegan2/architecture';
import type { StyleGAN2Generator } from '../stylegan2/generator';

/**
 * The embedded generator: a small StyleGAN2 of 256² together with the encoder it was trained with, so that
 * inversion starts close to the portrait. See the model card in `docs/models.md`.
 */
export class CompactGenerator implements Generator {
  readonly specVersion = SPEC_VERSION;
  readonly name: string;
  readonly license: string;
  readonly resolution: readonly [number, number];
  readonly latents: LatentShape;
  readonly range: number;
  readonly architecture: StyleGAN2GeneratorArchitecture;
  readonly encoder: LatentEncoder;
  readonly #network: StyleGAN2Generator;

  /** Takes ownership of both networks. */
  constructor(network: StyleGAN2Generator, encoder: LatentEncoder) {
    this.name = network.name;
    this.license = network.license;
    this.resolution = network.resolution;
    this.latents = network.latents;
    this.range = network.range;
    this.architecture = network.architecture;
    this.encoder = encoder;
    this.#network = network;
  }

  /** @param code `styles` `[N, 14, 256]`, 13 noise maps of 4² to 256² */
  synthesize(code: LatentCode): tf.Tensor4D {
    return this.#network.synthesize(code);
  }

  segments(): readonly GeneratorSegment[] {
    return this.#network.segments();
  }

  /**
   * @param z `[N, 256]`
   * @param options `truncation` ψ, default 1: none
   * @returns styles, and noise maps of zeros: noise is for inversion here, random noise is nothing but grain
   */
  map(z: tf.Tensor2D, options?: { truncation?: number }): LatentCode {
    return withoutNoise(this.#network.map(z, options));
  }

  /** The mean of w in every layer, and noise maps of zeros. */
  meanLatent(): LatentCode {
    return withoutNoise(this.#network.meanLatent());
  }

  /** Frees the weights, those of the encoder too. */
  dispose(): void {
    this.#network.dispose();
    this.encoder.dispose();
    refuseAfterDispose(this);
  }
}

function withoutNoise({ styles, noise }: LatentCode): LatentCode {
  const zeros = noise.map((map) => tf.zerosLike(map));
  tf.dispose([...noise]);
  return { styles, noise: zeros };
}
