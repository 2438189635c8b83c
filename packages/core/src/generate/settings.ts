import { InvalidOptionError } from '../errors';
import { type ResolvedOptions, resolveOptions } from '../search/options';
import { presets } from '../search/presets';
import { resolveLimits } from './quality-gate';
import type { GenerateOptions, GenerationSettings } from './types';

/** Streams of pairs have 32 bits. */
export const MAX_INDEX = 2 ** 32 - 1;
const MAX_BATCH = 64;
const DEFAULT_TRUNCATION = 0.7;

/** Options that decide what a pair is; which pairs are wanted is not among them. */
export type PairOptions = Omit<GenerateOptions, 'count' | 'start' | 'signal' | 'onProgress'>;

export interface ResolvedGeneration {
  readonly settings: GenerationSettings;
  /** For the objective. */
  readonly search: ResolvedOptions;
  readonly batch: number;
}

/** @throws InvalidOptionError */
export function resolveGeneration(options: PairOptions): ResolvedGeneration {
  const {
    truncation = DEFAULT_TRUNCATION,
    noise = 'random',
    portrait = 'initial',
    label = 'refined',
    batch = 1,
  } = options;
  if (!(truncation > 0 && truncation <= 1)) {
    throw new InvalidOptionError(`truncation is ${truncation}.`, 'Use a number in (0, 1].');
  }
  oneOf('noise', noise, ['random', 'generator']);
  oneOf('portrait', portrait, ['initial', 'enhanced']);
  oneOf('label', label, ['refined', 'plain']);
  if (!(Number.isInteger(batch) && batch >= 1 && batch <= MAX_BATCH)) {
    throw new InvalidOptionError(
      `batch is ${batch}.`,
      `Use a whole number from 1 to ${MAX_BATCH}.`,
    );
  }
  if (options.references?.length === 0) {
    throw new InvalidOptionError('references is empty.', 'Name at least one matting model.');
  }
  const { entropy, compositional } = presets.paper.weights;
  for (const name of Object.keys(options.weights ?? {})) {
    if (name === 'entropy' || name === 'compositional') continue;
    throw new InvalidOptionError(
      `Generation has no loss "${name}".`,
      'Use entropy and compositional: there is no photograph to stay close to.',
    );
  }
  const search = resolveOptions({
    preset: 'paper',
    seed: options.seed ?? 0,
    steps: options.steps,
    learningRate: options.learningRate,
    weightDecay: options.weightDecay,
    adaptivity: options.adaptivity,
    weights: {
      entropy: options.weights?.entropy ?? entropy,
      compositional: options.weights?.compositional ?? compositional,
      consistency: 0,
      perceptual: 0,
      agreement: 0,
    },
    entropyRegion: options.entropyRegion,
    mirror: options.mirror,
    optimize: options.optimize,
    lossSize: options.lossSize,
  });
  return {
    search,
    batch,
    settings: {
      seed: search.seed,
      truncation,
      noise,
      portrait,
      label,
      steps: search.steps,
      learningRate: search.learningRate,
      weightDecay: search.weightDecay,
      adaptivity: search.adaptivity,
      weights: {
        entropy: search.weights.entropy,
        compositional: search.weights.compositional,
      },
      entropyRegion: search.entropyRegion,
      mirror: search.mirror,
      optimize: search.optimize,
      lossSize: options.lossSize ?? null,
      gate: resolveLimits(options.gate),
    },
  };
}

/**
 * Options with every default filled in, as they are recorded beside pairs: two runs with equal settings, models,
 * backgrounds and device make the same pairs.
 *
 * @throws InvalidOptionError
 */
export const generationSettings = (options: PairOptions): GenerationSettings =>
  resolveGeneration(options).settings;

/** @throws InvalidOptionError unless `start … start + count − 1` are indices of pairs */
export function assertRange(start: number, count: number): void {
  if (!(Number.isInteger(count) && count >= 1)) {
    throw new InvalidOptionError(`count is ${count}.`, 'Use a whole number ≥ 1.');
  }
  if (!(Number.isInteger(start) && start >= 0 && start + count - 1 <= MAX_INDEX)) {
    throw new InvalidOptionError(
      `start is ${start} and count ${count}.`,
      `Indices go from 0 to ${MAX_INDEX}; use another seed for more.`,
    );
  }
}

/** @throws InvalidOptionError naming what is allowed */
export function oneOf(name: string, value: string, allowed: readonly string[]): void {
  if (allowed.includes(value)) return;
  throw new InvalidOptionError(`${name} is "${value}".`, `Use one of: ${allowed.join(', ')}.`);
}
