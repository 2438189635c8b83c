import { assertKnownKeys, assertOptions } from '../assert-options';
import type { MattingModel, ModelChoice } from '../contracts';
import { InvalidOptionError } from '../errors';
import { DEFAULT_PARTS } from '../prediction/parts';
import {
  callback,
  choice,
  flag,
  type OptionsOf,
  real,
  redeclared,
  type SettingsOf,
  terms,
  unrecorded,
  value,
  whole,
} from '../search/option-table';
import {
  type LossWeights,
  resolveSearch,
  type SearchSettings,
  searchOptions,
} from '../search/options';
import { presets } from '../search/presets';
import { settle, unreadOptions } from '../search/settle-options';
import { resolveLimits } from './quality-gate';
import type { GenerationProgress, QualityLimits } from './types';

/** Streams of pairs have 32 bits. */
export const MAX_INDEX = 2 ** 32 - 1;
const MAX_BATCH = 64;

const { paper } = presets;

/** What a pair is made of, in the features that make pairs. */
export const pairOptions = {
  /** Matting models; every pair is made with one of them, drawn by the seed. Default `['portrait-matting']`. */
  models: value<readonly ModelChoice<MattingModel>[]>('matting models', {
    doc: 'matting models: each pair is made with one of them, drawn by the seed',
    otherwise: "`['portrait-matting']`",
  }),
  /** @deprecated It is called `models` now; this name goes with the next version. */
  references: value<readonly ModelChoice<MattingModel>[]>('matting models', {
    doc: 'old name of `models`',
  }),
  /** Which portrait the alpha is paired with. `'initial'`, as in the paper; `'enhanced'`: the optimised one. */
  portrait: choice(['initial', 'enhanced'], {
    doc: 'the portrait that the alpha is paired with',
    default: 'initial',
  }),
  /**
   * The pseudo ground truth. `'refined'` (default): the mean matte of the optimised portrait over mirror image, colour
   * curves and windows, fitted by closed-form matting to the colours of the portrait it is paired with (see
   * `refineMatte`). `'plain'`: what the model answers to the optimised portrait, as in the paper.
   */
  label: choice(['refined', 'plain'], {
    doc: 'the alpha: refined over views and colours, or the plain answer',
    default: 'refined',
  }),
  /** Also return the optimised portrait. */
  keepEnhanced: unrecorded(flag({ doc: 'also return the optimised portrait', default: false })),
  /** Limits a pair must keep, see {@link QualityLimits}; `false`: everything is accepted. */
  gate: value<Partial<QualityLimits> | false>('limits by name, or `false`', {
    doc: 'limits that a pair must keep; `false`: everything is accepted',
  }),
  /** Index of the first pair. A pair depends on `seed` and its index alone, not on where a run begins. */
  start: unrecorded(whole({ min: 0, max: MAX_INDEX, doc: 'index of the first pair', default: 0 })),
} as const;

/** Every option of `generatePortraits`. Every default is the paper's, section III-C, where it says one. */
export const generateOptions = {
  /** How many pairs; rejected ones count. */
  count: unrecorded(whole({ min: 1, doc: 'how many pairs, rejected ones counted' })),
  ...pairOptions,
  seed: searchOptions.seed,
  /** A generator with a mapping network (`map`). */
  generator: redeclared(searchOptions.generator, {
    doc: 'generator that invents portraits',
    default: undefined,
  }),
  trimap: searchOptions.trimap,
  discriminator: searchOptions.discriminator,
  foreground: searchOptions.foreground,
  /** ψ of the mapping network: 1 = every face it knows, less = nearer to the average. */
  truncation: real({ max: 1, open: true, doc: 'ψ of the mapping network', default: 0.7 }),
  /**
   * Where noise maps come from: drawn from N(0, 1) for each pair (default), which is what StyleGAN2 was trained with;
   * or the generator's own, for generators whose noise is something else.
   */
  noise: choice(['random', 'generator'], {
    doc: 'noise maps: drawn, or those of the generator',
    default: 'random',
  }),
  steps: redeclared(searchOptions.steps, { default: paper.steps }),
  learningRate: redeclared(searchOptions.learningRate, { default: paper.learningRate }),
  weightDecay: redeclared(searchOptions.weightDecay, { default: paper.weightDecay }),
  adaptivity: redeclared(searchOptions.adaptivity, { default: paper.adaptivity }),
  /** Weights of L_em and L_ca, the only losses of generation: there is no photograph to stay close to. */
  weights: terms(
    'loss of generation',
    {
      entropy: 'λ1, entropy of the trimap model (Eq. 3)',
      compositional: 'λ2, discriminator on the re-composited portrait (Eq. 4)',
    },
    {
      doc: 'weight of each loss',
      default: { entropy: paper.weights.entropy, compositional: paper.weights.compositional },
    },
  ),
  entropyRegion: redeclared(searchOptions.entropyRegion, { default: paper.entropyRegion }),
  mirror: redeclared(searchOptions.mirror, { default: paper.mirror }),
  optimize: searchOptions.optimize,
  lossSize: searchOptions.lossSize,
  backgrounds: searchOptions.backgrounds,
  /**
   * Portraits optimised at a time; as many as the memory holds. Default 1: a processor gains nothing by more, a GPU does.
   * Pairs of one model share a batch. On `wasm` and `cpu` the bytes are the same whatever it is; GPUs may sum in another
   * order.
   */
  batch: unrecorded(
    whole({ min: 1, max: MAX_BATCH, doc: 'portraits optimised at a time', default: 1 }),
  ),
  /** Cancels within one step with an `AbortedError`. Pairs already yielded stand. */
  signal: searchOptions.signal,
  /** Called at each step, and after each pair. */
  onProgress: callback<(progress: GenerationProgress) => void>({
    doc: 'called at each step, and after each pair',
  }),
} as const;

type Given = OptionsOf<typeof generateOptions>;

/** What `generatePortraits` is asked for. */
export interface GenerateOptions extends Omit<Given, 'count' | 'generator'> {
  /** How many pairs; rejected ones count. */
  count: number;
  /** A generator with a mapping network (`map`). */
  generator: NonNullable<Given['generator']>;
}

/** Options that decide what a pair is; which pairs are wanted is not among them. */
export type PairOptions = Omit<GenerateOptions, 'count' | 'start' | 'signal' | 'onProgress'>;

/** Everything that decides the bytes of pairs besides models, backgrounds and device; JSON-safe. */
export type GenerationSettings = Omit<
  SettingsOf<typeof generateOptions>,
  'weights' | 'lossSize'
> & {
  readonly weights: Pick<LossWeights, 'entropy' | 'compositional'>;
  /** `null`: the generator's size. */
  readonly lossSize: number | null;
  readonly gate: QualityLimits | false;
};

export interface ResolvedGeneration {
  readonly settings: GenerationSettings;
  /** For the objective. */
  readonly search: SearchSettings;
  readonly batch: number;
  /** One sentence for each option that nothing reads. */
  readonly warnings: readonly string[];
}

/** The matting models that were asked for. @throws InvalidOptionError none, or given under both names */
export function modelsOf({
  models,
  references,
}: Pick<Given, 'models' | 'references'>): readonly ModelChoice<MattingModel>[] {
  if (models !== undefined && references !== undefined) {
    throw new InvalidOptionError(
      'Both models and references were given.',
      'Give models alone: references is its old name.',
    );
  }
  const asked = models ?? references ?? [DEFAULT_PARTS.model];
  if (!Array.isArray(asked) || asked.length === 0) {
    throw new InvalidOptionError(
      'models names no matting model.',
      'Name at least one, in an array.',
    );
  }
  return asked;
}

/** @throws InvalidOptionError */
export function resolveGeneration(options: PairOptions): ResolvedGeneration {
  assertOptions(options, 'options');
  assertKnownKeys(options, Object.keys(generateOptions), 'generatePortraits');
  const { weights, lossSize, ...settled } = settle(generateOptions, options, 'paper');
  modelsOf(options);
  const search = resolveSearch({
    preset: 'paper',
    ...pick(settled, [
      'seed',
      'steps',
      'learningRate',
      'weightDecay',
      'adaptivity',
      'entropyRegion',
    ]),
    ...pick(settled, ['mirror', 'optimize']),
    lossSize,
    weights: {
      consistency: 0,
      perceptual: 0,
      agreement: 0,
      alphaEntropy: 0,
      border: 0,
      ...weights,
    },
  });
  return {
    search,
    batch: options.batch ?? generateOptions.batch.default!,
    warnings: unreadOptions(generateOptions, options, search),
    settings: {
      ...pick(settled, ['seed', 'truncation', 'noise', 'portrait', 'label', 'steps']),
      ...pick(settled, ['learningRate', 'weightDecay', 'adaptivity']),
      weights: { entropy: search.weights.entropy, compositional: search.weights.compositional },
      ...pick(settled, ['entropyRegion', 'mirror', 'optimize']),
      lossSize: lossSize ?? null,
      gate: resolveLimits(options.gate),
    },
  };
}

function pick<Source, Key extends keyof Source>(
  source: Source,
  keys: readonly Key[],
): Pick<Source, Key> {
  return Object.fromEntries(keys.map((key) => [key, source[key]])) as Pick<Source, Key>;
}

/**
 * Options with every default filled in, as they are recorded beside pairs: two runs with equal settings, models,
 * backgrounds and device make the same pairs.
 *
 * ```ts
 * import { generationSettings } from '@latent-matte/core/generate';
 *
 * console.log(generationSettings({ generator: 'compact-generator', seed: 7 }).steps);
 * ```
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
