import { assertKnownKeys, assertOptions } from '../assert-options';
import type {
  Generator,
  GeneratorChoice,
  LatentCode,
  LatentEncoder,
  ModelChoice,
  PerceptualModel,
} from '../contracts';
import { InvalidOptionError } from '../errors';
import type { LatentData } from '../latents/latent-data';
import { DEFAULT_PARTS } from '../prediction/parts';
import { checkpointOptions } from '../search/checkpoint-options';
import {
  callback,
  choice,
  model,
  type OptionsOf,
  type Reader,
  real,
  signal,
  terms,
  value,
  whole,
} from '../search/option-table';
import { searchOptions } from '../search/options';
import { settle, unreadOptions } from '../search/settle-options';
import type {
  InversionMethod,
  InversionPreset,
  InversionSettings,
  InversionStep,
  InversionSteps,
  InversionWeights,
} from './types';

const usesPerceptual = searchOptions.perceptualSize.reads!;
const searches: Reader = {
  when: ({ models }) => !models?.inverts,
  unless: 'the generator inverts portraits by itself',
};

/** Every option of `invertPortrait`. Defaults that a method and its preset decide stand below. */
export const inversionOptions = {
  generator: model<GeneratorChoice>('generator', { doc: 'generator whose latents are looked for' }),
  /** The projector is meant for LPIPS. Loaded only when its weight is above 0. */
  perceptual: model<ModelChoice<PerceptualModel>>('perceptual model', {
    doc: 'network of the perceptual loss',
    default: DEFAULT_PARTS.perceptual,
    reads: usesPerceptual,
  }),
  /** See {@link InversionMethod}. */
  method: choice(['wplus-then-noise', 'projector', 'official'], {
    doc: 'how the latents are found',
    default: 'wplus-then-noise',
  }),
  /**
   * `'fast'`: 200 + 100 steps with large steps (15 + 25 from the encoder of a generator that brings one), projector 300.
   * `'paper'`: as published, 1500 + 1500 (projector: 1000), for a GPU. The method `'official'` has 5000 + 3000 in both.
   */
  preset: choice(['fast', 'paper'], {
    doc: 'a named set of defaults',
    default: 'fast',
    reads: {
      when: ({ method }) => method !== 'official',
      unless: "the method 'official' has one set of defaults",
    },
  }),
  /** A code for every layer (W+), or one for all (W). */
  space: choice(['w', 'w+'], {
    doc: 'a code for every layer (w+), or one for all (w)',
    otherwise: "`'w+'`; `'w'` with the projector, as published",
  }),
  /** All steps (two thirds for W+, one for noise; `official` five to three), or each stage's. */
  steps: value<number | Partial<InversionSteps>>('a whole number ≥ 0, or one for each stage', {
    doc: "all steps, shared out to W+ and noise (2 : 1; official 5 : 3), or each stage's",
    otherwise: 'by method and preset',
    reads: searches,
  }),
  /** Peak of Adam's step size for styles. */
  learningRate: real({
    open: true,
    doc: "peak of Adam's step size for styles",
    otherwise: 'by method and preset',
    reads: {
      when: ({ stages }) => stages === undefined || stages.styles > 0,
      unless: 'no step moves styles',
    },
  }),
  /** Peak of Adam's step size for noise. */
  noiseLearningRate: real({
    open: true,
    doc: "peak of Adam's step size for noise",
    otherwise: 'by method and preset',
    reads: {
      when: ({ stages }) => stages === undefined || stages.noise > 0,
      unless: 'no step moves noise by itself',
    },
  }),
  /** Weights of the terms. 0 switches a term off. */
  weights: terms<keyof InversionWeights>(
    'inversion loss',
    {
      consistency: 'pixel distance to the portrait (Eq. 6)',
      perceptual: 'perceptual distance to the portrait (Eq. 7); off while only noise moves',
      regularization: 'whiteness of the noise maps (projector)',
    },
    { doc: 'weight of each loss', otherwise: 'by method' },
  ),
  /** Reduction of L_pc, and of L_pp unless told otherwise; `sum-square` is the projector's. */
  reduction: choice(['norm', 'mean-square', 'sum-square'], {
    doc: 'how the distances become numbers',
    otherwise:
      "`'norm'`, the paper's; `'sum-square'` with the projector, `'mean-square'` with official",
  }),
  /** Reduction of L_pp. */
  perceptualReduction: choice(['norm', 'mean-square', 'sum-square'], {
    doc: 'how the perceptual distance becomes a number',
    otherwise: "that of `reduction`; `'sum-square'` with official",
    reads: usesPerceptual,
  }),
  /** Longest side at which the perceptual model looks; never enlarges. */
  perceptualSize: whole({
    min: 16,
    doc: 'longest side at which the perceptual model looks',
    unit: 'pixels',
    default: 256,
    reads: usesPerceptual,
  }),
  /**
   * `'mean'`: the mean latent; a code, for instance of an earlier inversion; or an encoder. A code given as tensors is not
   * disposed. Default: the generator's own encoder where it has one, otherwise `'mean'`; with the projector always
   * `'mean'`.
   */
  start: value<'mean' | LatentData | LatentCode | LatentEncoder>(
    "`'mean'`, latents, or an encoder",
    { doc: 'where the search begins', otherwise: "the generator's encoder, or the mean latent" },
  ),
  seed: searchOptions.seed,
  ...checkpointOptions,
  /** Cancels within one step with an `AbortedError` that carries the best inversion so far. */
  signal: signal({ doc: 'cancels within one step' }),
  /** Called at each step of `invertPortrait`. */
  onProgress: callback<(step: InversionStep) => void>({ doc: 'called at each step' }),
} as const;

type Given = OptionsOf<typeof inversionOptions>;

/** What `invertPortrait` takes. */
export interface InvertOptions extends Omit<Given, 'generator'> {
  /** By registered name, as an object, or as a factory. */
  generator: GeneratorChoice;
}

type Defaults = Pick<
  InversionSettings,
  'space' | 'steps' | 'learningRate' | 'noiseLearningRate' | 'weights' | 'reduction'
> &
  Partial<Pick<InversionSettings, 'perceptualReduction'>>;

const image2StyleGan: Omit<Defaults, 'steps' | 'learningRate' | 'noiseLearningRate'> = {
  space: 'w+',
  weights: { consistency: 1, perceptual: 1, regularization: 0 },
  reduction: 'norm',
};

/** `projector.py` of NVlabs/stylegan2-ada-pytorch. */
const projector: Omit<Defaults, 'steps'> = {
  space: 'w',
  weights: { consistency: 0, perceptual: 1, regularization: 1e5 },
  reduction: 'sum-square',
  learningRate: 0.1,
  noiseLearningRate: 0.1,
};

/**
 * `stylegan++.py` of cnnlstm/StyleGAN_Matting: 0.01 · (100 · LPIPS) + the mean square, which over [−1, 1] is four times
 * that over [0, 1].
 */
const official: Defaults = {
  space: 'w+',
  steps: { styles: 5000, noise: 3000 },
  learningRate: 0.01,
  noiseLearningRate: 5,
  weights: { consistency: 4, perceptual: 1, regularization: 0 },
  reduction: 'mean-square',
  perceptualReduction: 'sum-square',
};

const defaults: Readonly<Record<InversionMethod, Readonly<Record<InversionPreset, Defaults>>>> = {
  'wplus-then-noise': {
    fast: {
      ...image2StyleGan,
      steps: { styles: 200, noise: 100 },
      learningRate: 0.1,
      noiseLearningRate: 0.3,
    },
    // The counts and step size of Jerry2398's re-implementation; the paper itself ran longer.
    paper: {
      ...image2StyleGan,
      steps: { styles: 1500, noise: 1500 },
      learningRate: 0.01,
      noiseLearningRate: 0.01,
    },
  },
  projector: {
    fast: { ...projector, steps: { styles: 300, noise: 0 } },
    paper: { ...projector, steps: { styles: 1000, noise: 0 } },
  },
  official: { fast: official, paper: official },
};

/** Options after defaults, without the names of the models. */
export type ResolvedInversion = Omit<InversionSettings, 'generator' | 'perceptual'>;

/**
 * Fills in the preset and checks every option.
 * @throws InvalidOptionError
 */
export function resolveInversion(options: InvertOptions): ResolvedInversion {
  assertOptions(options, 'options');
  assertKnownKeys(options, Object.keys(inversionOptions), 'invertPortrait');
  const given = settle(inversionOptions, options, 'fast');
  const { method, preset, perceptualSize, seed } = given;
  const base = defaults[method][preset];
  const reduction = given.reduction ?? base.reduction;
  const resolved: ResolvedInversion = {
    method,
    preset,
    space: given.space ?? base.space,
    steps: resolveSteps(method, base.steps, options.steps),
    learningRate: given.learningRate ?? base.learningRate,
    noiseLearningRate: given.noiseLearningRate ?? base.noiseLearningRate,
    weights: { ...base.weights, ...given.weights },
    reduction,
    perceptualReduction: given.perceptualReduction ?? base.perceptualReduction ?? reduction,
    perceptualSize,
    seed,
  };
  const { consistency, perceptual } = resolved.weights;
  if (consistency === 0 && perceptual === 0) {
    throw new InvalidOptionError(
      'Neither the consistency nor the perceptual loss has a weight.',
      'Give at least one of them a weight above 0.',
    );
  }
  return resolved;
}

/**
 * One sentence for each option that was given and that nothing reads in this run.
 *
 * @param planned the settings that the generator leaves, see {@link plannedFor}
 * @param path how the caller wrote the name of an option
 */
export function unreadInversion(
  { encode }: Pick<Generator, 'encode'>,
  options: Omit<InvertOptions, 'generator'>,
  { weights, method, steps: stages }: ResolvedInversion,
  path?: (name: string) => string,
): string[] {
  const steps = stages.styles + stages.noise;
  const inverts = encode !== undefined && (options.start ?? 'mean') === 'mean';
  const run = { weights: { ...weights }, steps, select: 'last', method, stages };
  return unreadOptions(inversionOptions, options, { ...run, models: { inverts } }, path);
}

/** Steps of `fast` from the guess of an encoder trained with the generator: seconds, not minutes. */
const FROM_ENCODER: InversionSteps = { styles: 15, noise: 25 };

/**
 * The steps that the start leaves to do: none for a generator with an exact inverse; few of `fast` where a generator
 * brings its encoder and nothing else was asked for.
 */
export function plannedFor(
  { encode, encoder }: Pick<Generator, 'encode' | 'encoder'>,
  { start, steps }: InvertOptions,
  settings: ResolvedInversion,
): ResolvedInversion {
  if (encode !== undefined && (start ?? 'mean') === 'mean') {
    return { ...settings, steps: { styles: 0, noise: 0 } };
  }
  const { method, preset } = settings;
  const guessed = encoder !== undefined && start === undefined && method === 'wplus-then-noise';
  if (!guessed || preset !== 'fast' || steps !== undefined) return settings;
  return { ...settings, steps: FROM_ENCODER };
}

/** W+ has two thirds of the steps, or with `official` five eighths. */
function sharedOut(method: InversionMethod, steps: number): InversionSteps {
  const styles = Math.ceil(method === 'official' ? (5 * steps) / 8 : (2 * steps) / 3);
  return { styles, noise: steps - styles };
}

function resolveSteps(
  method: InversionMethod,
  preset: InversionSteps,
  given: InvertOptions['steps'],
): InversionSteps {
  const asked =
    typeof given !== 'number'
      ? { ...preset, ...given }
      : method === 'projector'
        ? { styles: given, noise: 0 }
        : sharedOut(method, given);
  for (const [stage, count] of Object.entries(asked)) {
    if (!Number.isSafeInteger(count) || count < 0) {
      throw new InvalidOptionError(`steps.${stage} is ${count}.`, 'Use a whole number ≥ 0.');
    }
  }
  if (method === 'projector' && asked.noise !== 0) {
    throw new InvalidOptionError(
      'The projector moves styles and noise in one stage.',
      'Give `steps` as one number.',
    );
  }
  return asked;
}
