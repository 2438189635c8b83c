import * as tf from '@tensorflow/tfjs-core';
import type { FloatImage, Generator, LatentCode } from '../contracts';
import { readTensor } from '../imaging/raster';
import { disposeCode, memberOf } from '../latents/latent-code';
import { type LatentData, latentData } from '../latents/latent-data';
import { MovedLatents } from '../latents/moved-latents';
import { resize } from '../ops/resize';
import type { Parts } from '../prediction/parts';
import { checkShape, notFinite } from '../prediction/predict-matte';
import { unknownRegion } from '../prediction/predictions-over-views';
import type { CompositeInputs } from '../search/composite-inputs';
import { LatentSearch } from '../search/latent-search';
import type { Evaluation } from '../search/objective';
import type { PortraitInputs } from '../search/objective-inputs';
import type { LossValues, SearchSettings } from '../search/options';

/** One portrait before and after its search. */
export interface FoundPortrait {
  readonly initial: FloatImage;
  readonly optimized: FloatImage;
  /** Of the optimised one. */
  readonly latents: LatentData;
  readonly losses: { readonly initial: LossValues; readonly optimized: LossValues };
}

export interface GenerationRunOptions {
  readonly generator: Generator;
  readonly parts: Parts;
  readonly search: SearchSettings;
  /** `[height, width]` at which the losses look. */
  readonly lossSize: readonly [number, number];
  /** One per portrait; owned by the caller. */
  readonly composites: readonly CompositeInputs[];
  /** One per portrait, each of one; owned by the caller. */
  readonly codes: readonly LatentCode[];
}

/**
 * The search of Algorithm 1 from random latents: with L_em and L_ca alone, for a batch of portraits. Frees what it
 * holds with `dispose`.
 */
export class GenerationRun {
  readonly #options: GenerationRunOptions;
  readonly #moved: MovedLatents;
  readonly #search: LatentSearch;
  readonly #constants: tf.Tensor[] = [];
  readonly #initial: tf.Tensor4D;
  #first: readonly LossValues[] = [];
  #last: readonly LossValues[] = [];

  constructor(options: GenerationRunOptions) {
    const { generator, parts, search, lossSize, composites, codes } = options;
    this.#options = options;
    this.#moved = new MovedLatents(search.optimize, generator);
    const start = batchOf(codes);
    try {
      this.#initial = this.#keep(this.#portraits(start, codes.length));
      const shown = (portraits: tf.Tensor4D) => resize(portraits, lossSize, 'area');
      const inputs = { generator, moved: this.#moved, shown, parts, options: search };
      const portraits = codes.map((_, i) => this.#constantsOf(shown, i));
      this.#search = new LatentSearch({ inputs: { ...inputs, portraits }, composites, start });
    } catch (error) {
      tf.dispose(this.#constants);
      this.#moved.dispose();
      throw error;
    } finally {
      disposeCode(start);
    }
  }

  #keep<T extends tf.Tensor>(tensor: T): T {
    this.#constants.push(tensor);
    return tensor;
  }

  /** Clipped to [0, 1]; NaN stays. */
  #portraits(code: LatentCode, count: number): tf.Tensor4D {
    const { generator } = this.#options;
    return tf.tidy(() => {
      const made = generator.synthesize(code);
      checkShape(generator.name, 'portraits', made, [count, ...generator.resolution, 3]);
      return tf.add(tf.clipByValue(made, 0, 1), tf.mul(made, 0)) as tf.Tensor4D;
    });
  }

  #constantsOf(shown: (portraits: tf.Tensor4D) => tf.Tensor4D, index: number): PortraitInputs {
    const { parts, search } = this.#options;
    const { input, mask } = tf.tidy(() => {
      const input = shown(tf.slice(this.#initial, index, 1));
      // The whole picture: there is no letterbox.
      return { input, mask: tf.ones([1, input.shape[1], input.shape[2], 1]) as tf.Tensor4D };
    });
    this.#keep(input);
    this.#keep(mask);
    const entropyRegion =
      search.entropyRegion === 'image'
        ? mask
        : this.#keep(unknownRegion(parts.trimap, input, mask));
    return {
      input,
      origin: input,
      mask,
      entropyRegion,
      target: undefined,
      inputFeatures: undefined,
      trueAlpha: undefined,
    };
  }

  /** Yields each step; the first is the initial portrait. */
  async *steps(signal?: AbortSignal): AsyncGenerator<Evaluation, void, void> {
    for await (const evaluation of this.#search.steps(signal)) {
      this.#last = evaluation.portraits.map(({ losses }) => losses);
      if (this.#first.length === 0) this.#first = this.#last;
      yield evaluation;
    }
  }

  /** @throws ModelOutputError a portrait with NaN or infinity */
  async finish(): Promise<FoundPortrait[]> {
    const { code } = this.#search;
    const count = this.#options.codes.length;
    const optimized = this.#portraits(code, count);
    try {
      const found: FoundPortrait[] = [];
      for (let i = 0; i < count; i++) {
        const member = tf.tidy(() => {
          const { styles, noise } = memberOf(code, i);
          // Clones, so that disposing them leaves a code of one portrait alone.
          return { styles: tf.clone(styles), noise: noise.map((map) => tf.clone(map)) };
        });
        try {
          found.push({
            initial: await this.#read(this.#initial, i),
            optimized: await this.#read(optimized, i),
            latents: await latentData(member),
            losses: { initial: this.#first[i]!, optimized: this.#last[i]! },
          });
        } finally {
          disposeCode(member);
        }
      }
      return found;
    } finally {
      optimized.dispose();
    }
  }

  async #read(portraits: tf.Tensor4D, index: number): Promise<FloatImage> {
    const one = tf.slice(portraits, index, 1);
    try {
      const values = await one.data();
      if (!values.every(Number.isFinite)) throw notFinite(this.#options.generator.name, 'portrait');
      return await readTensor(one);
    } finally {
      one.dispose();
    }
  }

  dispose(): void {
    this.#search.dispose();
    this.#moved.dispose();
    tf.dispose(this.#constants);
  }
}

/** Codes of one portrait each as one code; owned by the caller. */
function batchOf(codes: readonly LatentCode[]): LatentCode {
  return tf.tidy(() => ({
    styles: tf.concat(codes.map(({ styles }) => styles)),
    noise: codes[0]!.noise.map((_, map) => tf.concat(codes.map(({ noise }) => noise[map]!))),
  }));
}
