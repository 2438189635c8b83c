import { assertKnownKeys, assertOptions } from '../assert-options';
import type { LatentCode, MattingModel, ModelChoice, RasterImage } from '../contracts';
import { InvalidOptionError } from '../errors';
import type { InvertOptions } from '../invert/options';
import type { LatentData } from '../latents/latent-data';
import {
  callback,
  type ModelFacts,
  models,
  type OptionsOf,
  type PresetName,
  type RunFacts,
  value,
  whole,
} from '../search/option-table';
import {
  resolveSearch,
  type SearchOptions,
  type SearchSettings,
  searchOptions,
} from '../search/options';
import { defaultOf, settle, unreadOptions } from '../search/settle-options';
import type { EnhancementPhase, EnhancementStep } from './types';

/** What `enhancePortrait` takes besides the options of the search. */
export const enhanceOptions = {
  /**
   * The true alpha of the portrait, one channel, any size: F is then estimated with it instead of the predicted alpha
   * (paper Table IV).
   */
  alphaForForeground: value<RasterImage>('a picture of one channel', {
    doc: 'true alpha to estimate the foreground of the compositional loss with',
    otherwise: 'the predicted alpha',
    reads: searchOptions.backgrounds.reads,
  }),
  /**
   * F of the photograph, RGB, any size: the compositional loss takes it instead of an estimate (the authors'
   * `foreground/N.png`).
   */
  foregroundColors: value<RasterImage>('a picture', {
    doc: 'foreground colours of the photograph, in place of an estimate, for the compositional loss',
    otherwise: 'estimated',
    reads: {
      when: ({ weights, foregroundFrom }) =>
        weights.compositional > 0 && foregroundFrom === 'original',
      unless: "the weight of the compositional loss is 0, or foregroundFrom is 'step'",
    },
  }),
  /**
   * Latents of the portrait, `(w_o, n_o)` of Algorithm 1: of an earlier `invertPortrait` or `parseLatents`, or tensors,
   * which stay yours.
   */
  latents: value<LatentData | LatentCode>('latents', {
    doc: 'latents of the portrait to start from',
    otherwise: "the generator's own inverse; without one, `invertPortrait`",
  }),
  /** Settings of `invertPortrait`, where it is needed. */
  inversion: value<Omit<InvertOptions, 'generator' | 'signal'>>('options of `invertPortrait`', {
    doc: 'how the portrait is inverted, where it is',
    reads: {
      when: ({ isGiven, models }) => !isGiven('latents') && !models?.inverts,
      unless: 'latents were given too, or the generator inverts portraits by itself',
    },
  }),
  /**
   * Matting models besides `model` that the losses look through: `model: [a, b]` is `model: a` with `companions: [b]`.
   * The terms that look through a matting model are the mean over all; they also judge, as {@link judges} do.
   */
  companions: models<ModelChoice<MattingModel>>('matting model', {
    doc: 'further matting models to enhance for at once',
    otherwise: '`model` alone',
  }),
  /**
   * Matting models besides `model` that give no gradient, but an opinion. The fixed target is the consensus of all: their
   * mean, weighed by how little the matte of each changes with the view, and silent where the models contradict each other.
   * The selection measures the mean distance of all to it, and returns no step at which one of them is farther by more than
   * 5 % of the distance that `model` has, less where `model` knows more.
   * For a weak `model`, one that knows more makes the target better: `judges: ['portrait-matte']` (docs/evaluate.md).
   */
  judges: models<ModelChoice<MattingModel>>('matting model', {
    doc: 'further matting models that share in the target and in the selection',
    otherwise: '`model` judges alone',
    reads: searchOptions.target.reads!,
  }),
  /** Attach a preview to every n-th step; 0: never. */
  previewEvery: whole({
    min: 0,
    doc: 'attach a preview to every n-th step; 0: never',
    unit: 'steps',
    default: 0,
  }),
  /** Called when a phase starts. */
  onPhase: callback<(phase: EnhancementPhase) => void>({ doc: 'called when a phase starts' }),
  /** Called at each step of `enhancePortrait`. */
  onProgress: callback<(step: EnhancementStep) => void>({ doc: 'called at each step' }),
} as const;

type OwnOptions = OptionsOf<typeof enhanceOptions>;

/** Every option in one flat object: what the run itself works with. */
export type EnhanceRequest = SearchOptions & OwnOptions & { readonly preset?: PresetName };

/** The options that an application sees; all others are in `advanced`. */
const TOP = ['model', 'preset', 'steps', 'workingSize', 'signal', 'onProgress'] as const;
type Top = (typeof TOP)[number];

/** Options for research: every part, loss and rule of the search. All have defaults, most by the preset. */
export interface AdvancedOptions extends Omit<SearchOptions, Top>, Omit<OwnOptions, Top> {}

/** What `enhancePortrait` takes. An application needs none of them. */
export interface EnhanceOptions
  extends Omit<Pick<SearchOptions, Extract<Top, keyof SearchOptions>>, 'model'>,
    Pick<OwnOptions, Extract<Top, keyof OwnOptions>> {
  /**
   * The matting model to enhance for, or several at once: then the losses are the mean over all of them, and no step is
   * returned at which one of them is farther from the target by more than 5 % of the first one's distance. The mattes of the
   * result are those of the first. Default `'portrait-matte'`, which reads no trimap; of the presets whose losses read one `'portrait-matting'`.
   */
  model?: ModelChoice<MattingModel> | readonly ModelChoice<MattingModel>[];
  /**
   * A named set of defaults. Default `'fast'`; `'paper'` is the paper to the digit, `'official'` what its
   * authors ran, 500 steps each.
   */
  preset?: PresetName;
  /** Everything that only research needs. */
  advanced?: AdvancedOptions;
  /** @deprecated It is called `model` now; this name goes with the next version. */
  reference?: EnhanceOptions['model'];
  /** @deprecated It is `advanced.trimap` now; this place goes with the next version. */
  trimap?: SearchOptions['trimap'];
}

const advancedNames = Object.keys({ ...searchOptions, ...enhanceOptions }).filter(
  (name) => !TOP.includes(name as Top),
);

/** Where an option stands, as a caller writes it. */
const pathOf = (name: string): string => (TOP.includes(name as Top) ? name : `advanced.${name}`);

/**
 * The flat form of what a caller gave.
 *
 * @param more options that `where` has besides, for messages
 * @throws InvalidOptionError an unknown key, or `model` given twice
 */
export function flatOptions(
  options: EnhanceOptions,
  where = 'enhancePortrait',
  more: readonly string[] = [],
): EnhanceRequest {
  assertOptions(options, 'options');
  const { advanced = {}, reference, trimap, ...top } = options;
  assertOptions(advanced, 'advanced');
  const elsewhere = Object.fromEntries(advancedNames.map((name) => [name, pathOf(name)]));
  assertKnownKeys(top, [...TOP, ...more], where, elsewhere);
  const outside = Object.fromEntries(TOP.map((name) => [name, `${name}, outside of advanced`]));
  assertKnownKeys(advanced, advancedNames, 'advanced', outside);
  if (reference !== undefined && top.model !== undefined && reference !== top.model) {
    throw new InvalidOptionError(
      'Both model and reference were given.',
      'Give model alone: reference is its old name.',
    );
  }
  if (trimap !== undefined && advanced.trimap !== undefined && trimap !== advanced.trimap) {
    throw new InvalidOptionError(
      'Both trimap and advanced.trimap were given.',
      'Give advanced.trimap alone: trimap is its old place.',
    );
  }
  const all = modelsOf(top.model ?? reference);
  if (all.companions !== undefined && advanced.companions !== undefined) {
    throw new InvalidOptionError(
      'Both several models and advanced.companions were given.',
      'Give all of them as model: [a, b].',
    );
  }
  return {
    ...advanced,
    ...top,
    ...all,
    ...(trimap !== undefined && { trimap }),
  };
}

/** @throws InvalidOptionError an empty list, or a model twice */
function modelsOf(given: EnhanceOptions['model']): {
  readonly model: ModelChoice<MattingModel> | undefined;
  readonly companions?: readonly ModelChoice<MattingModel>[];
} {
  if (!isList(given)) return { model: given };
  const [model, ...companions] = given;
  if (model === undefined || new Set(given).size < given.length) {
    throw new InvalidOptionError(
      `The option model is a list ${model === undefined ? 'of nothing' : 'that names a model twice'}.`,
      'Give one matting model, or a list of different ones.',
    );
  }
  return { model, ...(companions.length > 0 && { companions }) };
}

/** `Array.isArray` does not tell readonly lists apart. */
const isList = (given: EnhanceOptions['model']): given is readonly ModelChoice<MattingModel>[] =>
  Array.isArray(given);

/** A flat request in the form that callers give: the counterpart of {@link flatOptions}, for programs that build options. */
export function nestedOptions(request: EnhanceRequest): EnhanceOptions {
  const isTop = ([name]: [string, unknown]) => TOP.includes(name as Top);
  const given = Object.entries(request).filter(([, entry]) => entry !== undefined);
  const advanced = Object.fromEntries(given.filter((entry) => !isTop(entry)));
  return {
    ...Object.fromEntries(given.filter(isTop)),
    ...(Object.keys(advanced).length > 0 && { advanced }),
  };
}

/** One sentence for each option that stands where it stood in an earlier version. */
const movedOptions = ({ trimap }: EnhanceOptions): string[] =>
  trimap === undefined
    ? []
    : ['trimap is advanced.trimap now; its old place goes with the next version.'];

/** A request with its settings. */
export interface ResolvedEnhancement {
  /** With the model of the preset where none was named. */
  readonly request: EnhanceRequest;
  readonly settings: SearchSettings & { readonly previewEvery: number };
  /** One sentence for each option that nothing reads. */
  readonly warnings: readonly string[];
  /** Those that show when the models are loaded. */
  warningsWith(models: ModelFacts): readonly string[];
}

/**
 * Fills in the preset and checks every option.
 *
 * @param more options that `where` has besides. @param facts of `where`, for what reads an option
 * @throws InvalidOptionError
 */
export function resolveEnhancement(
  options: EnhanceOptions,
  where?: string,
  more?: readonly string[],
  facts: Pick<RunFacts, 'judgesTarget'> = {},
): ResolvedEnhancement {
  const given = flatOptions(options, where, more);
  const search = resolveSearch(given, pathOf);
  const model = given.model ?? (defaultOf(searchOptions.model, search.preset) as string);
  const request = { ...given, model };
  const { previewEvery } = settle(enhanceOptions, request, search.preset, pathOf);
  const all = { ...searchOptions, ...enhanceOptions };
  const ownGenerator = typeof request.generator === 'object';
  const run = { ...search, ...facts, ownGenerator };
  const unread = unreadOptions(all, request, run, pathOf);
  return {
    request,
    settings: { ...search, previewEvery },
    warnings: [...movedOptions(options), ...unread],
    warningsWith: (models) =>
      unreadOptions(all, request, { ...run, models }, pathOf).filter(
        (warning) => !unread.includes(warning),
      ),
  };
}
