import {
  type Generator,
  type GeneratorSegment,
  type LatentCode,
  type LatentShape,
  SPEC_VERSION,
} from '@latent-matte/core';
import * as tf from '@tensorflow/tfjs-core';
import { refuseAfterDispose } from '../layers/refuse-after-dispose';
import { layerCount, noiseSide, type StyleGAN2GeneratorArchitecture } from './architecture';
import { MappingNetwork } from './mapping';
import { type SynthesisBlock, synthesisBlocks } from './synthesis';
import { upsample } from './to-rgb';

/** What a generator is made of, checked and as float32 in PyTorch's layout. */
export interface StyleGAN2GeneratorParts {
  readonly architecture: StyleGAN2GeneratorArchitecture;
  readonly values: Readonly<Record<string, Float32Array>>;
  /** The mean of w, `styleSize` values. */
  readonly meanStyle: Float32Array;
  /** Noise maps, coarse to fine. */
  readonly noise: readonly Float32Array[];
  readonly clamp: number | undefined;
  readonly name: string;
  readonly license: string;
}

/**
 * The generator of StyleGAN2 (Karras et al., "Analyzing and Improving the Image Quality of StyleGAN", CVPR 2020):
 * W+ codes and noise maps → portraits. Made by `createStyleGAN2Generator`.
 */
export class StyleGAN2Generator implements Generator {
  readonly specVersion = SPEC_VERSION;
  readonly name: string;
  readonly license: string;
  readonly resolution: readonly [number, number];
  readonly latents: LatentShape;
  readonly range = 1;
  readonly architecture: StyleGAN2GeneratorArchitecture;
  readonly #mapping: MappingNetwork;
  readonly #start: tf.Tensor4D;
  readonly #blocks: readonly SynthesisBlock[];
  readonly #meanStyle: tf.Tensor1D;
  readonly #noise: readonly tf.Tensor4D[];

  constructor({
    architecture,
    values,
    meanStyle,
    noise,
    clamp,
    name,
    license,
  }: StyleGAN2GeneratorParts) {
    const { resolution, channels, styleSize } = architecture;
    this.architecture = architecture;
    this.name = name;
    this.license = license;
    this.resolution = [resolution, resolution];
    const maps = layerCount(resolution) - 1;
    this.latents = {
      styles: [layerCount(resolution), styleSize],
      noise: Array.from({ length: maps }, (_, i) => [noiseSide(i), noiseSide(i), 1] as const),
    };
    this.#mapping = new MappingNetwork(values, architecture);
    this.#start = tf.tidy(() =>
      tf.transpose(tf.tensor4d(values['input.input'], [1, channels[0], 4, 4]), [0, 2, 3, 1]),
    );
    this.#blocks = synthesisBlocks(values, architecture, clamp);
    this.#meanStyle = tf.tensor1d(meanStyle);
    this.#noise = noise.map((map, i) => tf.tensor4d(map, [1, noiseSide(i), noiseSide(i), 1]));
  }

  /**
   * The mapping network, with the noise maps of the checkpoint.
   * @param z `[N, latentSize]`
   * @param options `truncation` ψ in w′ = w̄ + ψ (w − w̄), default 1: none
   */
  map(z: tf.Tensor2D, { truncation = 1 }: { truncation?: number } = {}): LatentCode {
    const styles = tf.tidy(() => {
      const w = this.#mapping.run(z);
      const near = tf.add(this.#meanStyle, tf.mul(tf.sub(w, this.#meanStyle), truncation));
      return this.#everyLayer(truncation === 1 ? w : near);
    });
    return { styles, noise: this.#noise.map((map) => tf.clone(map)) };
  }

  /** The mean of w in every layer, with the noise maps of the checkpoint. */
  meanLatent(): LatentCode {
    const styles = tf.tidy(() => this.#everyLayer(tf.expandDims(this.#meanStyle)));
    return { styles, noise: this.#noise.map((map) => tf.clone(map)) };
  }

  #everyLayer(w: tf.Tensor): tf.Tensor3D {
    return tf.tile(tf.expandDims(w, 1), [1, this.latents.styles[0], 1]) as tf.Tensor3D;
  }

  synthesize(code: LatentCode): tf.Tensor4D {
    let state: readonly tf.Tensor4D[] = [];
    for (const { segments = [] } of this.segments()) {
      for (const { run } of segments) {
        const before = state;
        state = run(before, code);
        tf.dispose(before.filter((tensor) => !state.includes(tensor)));
      }
    }
    return state[0];
  }

  /** One piece per resolution, cut into single layers inside; the state is `[features, RGB so far]`. */
  segments(): readonly GeneratorSegment[] {
    const last = this.#blocks.length - 1;
    return this.#blocks.map((block, level) => {
      const { resolution, up, layer, rgb } = block;
      const layers: GeneratorSegment[] = [];
      if (up !== undefined) {
        layers.push({
          name: `${resolution}² up`,
          run: ([x, image], { styles, noise }) => [up.run(x, styles, noise[up.noise]), image],
        });
      }
      layers.push({
        name: `${resolution}² layer`,
        run: ([x, ...image], { styles, noise }) => [
          tf.tidy(() => layer.run(x ?? this.#startFor(styles), styles, noise[layer.noise])),
          ...image,
        ],
      });
      layers.push({
        name: `${resolution}² RGB`,
        run: ([x, coarse], { styles }) => {
          const added = tf.tidy(() => {
            const own = rgb.run(x, styles);
            const image = coarse === undefined ? own : tf.add(upsample(coarse), own);
            // [−1, 1] → [0, 1]
            return level < last ? image : tf.mul(tf.add(image, 1), 0.5);
          }) as tf.Tensor4D;
          return level < last ? [x, added] : [added];
        },
      });
      return {
        name: `${resolution}²`,
        run: (state, code) =>
          layers.reduce<readonly tf.Tensor4D[]>(
            (s, { run }) => run(s, code),
            state,
          ) as tf.Tensor4D[],
        segments: layers,
      };
    });
  }

  #startFor(styles: tf.Tensor3D): tf.Tensor4D {
    return tf.tile(this.#start, [styles.shape[0], 1, 1, 1]);
  }

  dispose(): void {
    this.#mapping.dispose();
    for (const { up, layer, rgb } of this.#blocks) {
      up?.dispose();
      layer.dispose();
      rgb.dispose();
    }
    tf.dispose([this.#start, this.#meanStyle, ...this.#noise]);
    refuseAfterDispose(this);
  }
}
