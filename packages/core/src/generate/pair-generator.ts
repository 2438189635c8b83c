import * as tf from '@tensorflow/tfjs-core';
import type { LatentCode } from '../contracts';
import { AbortedError, InvalidOptionError } from '../errors';
import { disposeCode } from '../latents/latent-code';
import { assertWorkingSizeFits } from '../prediction/device-limits';
import { lossFrame } from '../prediction/loss-frame';
import { matteOfImage } from '../prediction/matte-of-image';
import { createGenerator } from '../prediction/parts';
import { CompositeInputs } from '../search/composite-inputs';
import { leftOutLosses } from '../search/left-out-losses';
import { type FoundPortrait, GenerationRun } from './generation-run';
import { initialLatents, type MappingGenerator } from './initial-latents';
import {
  assertRange,
  type GenerationSettings,
  type PairOptions,
  type ResolvedGeneration,
  resolveGeneration,
} from './options';
import { refinedLabel } from './pair-label';
import { pairRandom } from './pair-random';
import { judgeQuality, measureQuality } from './quality-gate';
import { disposeAll, drawReference, loadReferences, othersOf, type Reference } from './references';
import type { GeneratedPair } from './types';

/** Callbacks of {@link PairGenerator.generate}. */
export interface PairHooks {
  readonly signal?: AbortSignal;
  /** Called at each step of a batch. */
  readonly onStep?: (step: { indices: readonly number[]; step: number; steps: number }) => void;
}

/**
 * Makes pairs by their index, with models that are loaded once: for `generatePortraits`, and for programs that share
 * the indices among threads or machines. A pair depends on nothing but the options and its index.
 */
export class PairGenerator {
  readonly settings: GenerationSettings;
  /** Pairs optimised at a time. */
  readonly batch: number;
  /** Options that nothing reads, and losses that are left out because a model gives no gradient; one sentence each. */
  readonly warnings: readonly string[];
  readonly #resolved: ResolvedGeneration;
  readonly #options: PairOptions;
  readonly #generator: MappingGenerator;
  readonly #references: readonly Reference[];
  readonly #owned: readonly { dispose(): void }[];

  private constructor(
    options: PairOptions,
    resolved: ResolvedGeneration,
    generator: MappingGenerator,
    references: readonly Reference[],
    owned: readonly { dispose(): void }[],
  ) {
    this.#options = options;
    this.#resolved = resolved;
    this.settings = resolved.settings;
    this.batch = resolved.batch;
    this.#generator = generator;
    this.#references = references;
    this.#owned = owned;
    this.warnings = [
      ...resolved.warnings,
      ...new Set(references.flatMap(({ parts }) => leftOutLosses(parts, resolved.search.weights))),
    ];
  }

  /**
   * Loads the models.
   *
   * @throws InvalidOptionError a wrong option, or a generator without a mapping network
   * @throws UnknownModelError, WeightsError, ImageTooLargeError
   */
  static async create(options: PairOptions): Promise<PairGenerator> {
    const resolved = resolveGeneration(options);
    const owned: { dispose(): void }[] = [];
    try {
      const generator = await loadGenerator(options.generator, owned);
      assertWorkingSizeFits(generator.resolution);
      const references = await loadReferences(options, resolved.search.weights, owned);
      return new PairGenerator(options, resolved, generator, references, owned);
    } catch (error) {
      disposeAll(owned);
      throw error;
    }
  }

  /**
   * The pairs of some indices, in their order. As many portraits as `batch` says are optimised at a time, where they
   * have the same reference model.
   *
   * @throws ModelOutputError a model returned NaN, infinity or a wrong shape
   * @throws AbortedError the signal fired
   */
  async generate(indices: readonly number[], hooks: PairHooks = {}): Promise<GeneratedPair[]> {
    for (const index of indices) assertRange(index, 1);
    const pairs = new Map<number, GeneratedPair>();
    for (const reference of this.#references) {
      const own = indices.filter((index) => this.#referenceOf(index) === reference);
      for (let at = 0; at < own.length; at += this.batch) {
        const batch = own.slice(at, at + this.batch);
        for (const pair of await this.#batch(batch, reference, hooks)) pairs.set(pair.index, pair);
      }
    }
    return indices.map((index) => pairs.get(index)!);
  }

  #referenceOf(index: number): Reference {
    return drawReference(this.#references, pairRandom(this.settings.seed, index));
  }

  async #batch(
    indices: readonly number[],
    reference: Reference,
    { signal, onStep }: PairHooks,
  ): Promise<GeneratedPair[]> {
    const { seed, steps } = this.settings;
    const { parts } = reference;
    const generator = this.#generator;
    const lossSize = lossFrame(generator.resolution, parts, this.#resolved.search.lossSize);
    const composites: CompositeInputs[] = [];
    const codes: LatentCode[] = [];
    let run: GenerationRun | undefined;
    try {
      for (const index of indices) {
        const random = pairRandom(seed, index);
        codes.push(initialLatents(generator, random, this.settings));
        composites.push(
          new CompositeInputs(
            parts,
            random.fork('backgrounds'),
            lossSize,
            this.#options.backgrounds,
          ),
        );
      }
      run = new GenerationRun({
        generator,
        parts,
        search: this.#resolved.search,
        lossSize,
        composites,
        codes,
      });
      let step = 0;
      for await (const _ of run.steps(signal)) {
        // Reads of tensors settle as microtasks on some backends: without this, timers and signals would wait.
        await new Promise((resolve) => setTimeout(resolve));
        onStep?.({ indices, step: step++, steps });
      }
      const pairs: GeneratedPair[] = [];
      for (const [i, found] of (await run.finish()).entries()) {
        pairs.push(await this.#pair(indices[i]!, reference, found, signal));
      }
      return pairs;
    } catch (error) {
      if (!signal?.aborted) throw error;
      throw new AbortedError(`Cancelled at pair ${indices.join(', ')}.`, undefined, {
        cause: error,
      });
    } finally {
      run?.dispose();
      for (const composite of composites) composite.dispose();
      for (const code of codes) disposeCode(code);
    }
  }

  async #pair(
    index: number,
    reference: Reference,
    { initial, optimized, latents, losses }: FoundPortrait,
    signal: AbortSignal | undefined,
  ): Promise<GeneratedPair> {
    const { seed, portrait, label, gate } = this.settings;
    const { name, parts } = reference;
    const image = portrait === 'initial' ? initial : optimized;
    const matte = await matteOfImage(parts, optimized);
    const others = gate === false ? [] : await othersOf(this.#references, reference, optimized);
    const { alpha, trimap } =
      label === 'refined' ? await refinedLabel(parts, optimized, image, signal) : matte;
    return {
      index,
      seed,
      image,
      alpha,
      trimap,
      label,
      ...(this.#options.keepEnhanced && { enhanced: optimized }),
      latents,
      losses,
      models: {
        generator: this.#generator.name,
        reference: name,
        trimap: parts.trimap.name,
        discriminator: parts.discriminator?.name ?? null,
        foreground: parts.foreground.name,
      },
      gate: judgeQuality(measureQuality(matte, others), gate),
      ...(this.warnings.length > 0 && { warnings: this.warnings }),
    };
  }

  /** Frees the models that were loaded here; models given as objects belong to the caller. */
  dispose(): void {
    disposeAll(this.#owned);
  }
}

async function loadGenerator(
  choice: PairOptions['generator'],
  owned: { dispose(): void }[],
): Promise<MappingGenerator> {
  // Generators that are made for a portrait get a grey one; they have no mapping network and are refused below.
  const image = tf.fill([1, 64, 64, 3], 0.5) as tf.Tensor4D;
  let made: Awaited<ReturnType<typeof createGenerator>>;
  try {
    made = await createGenerator(choice, () => ({ image }));
  } finally {
    image.dispose();
  }
  const { generator } = made;
  if (made.owned) owned.push(generator);
  if (generator.map === undefined) {
    throw new InvalidOptionError(
      `Generator "${generator.name}" cannot invent portraits: it has no mapping network.`,
      'Use one that has map(), for instance a StyleGAN2.',
    );
  }
  return generator as MappingGenerator;
}
