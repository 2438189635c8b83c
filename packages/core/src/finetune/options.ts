import { assertKnownKeys, assertOptions } from '../assert-options';
import type { MattingModel, NormalizationMode, RasterImage } from '../contracts';
import { InvalidOptionError } from '../errors';
import { checkOption } from '../search/check-options';
import { checkpointOptions } from '../search/checkpoint-options';
import {
  callback,
  choice,
  type OptionsOf,
  type Reader,
  real,
  type SettingsOf,
  terms,
  unrecorded,
  value,
  whole,
} from '../search/option-table';
import { searchOptions } from '../search/options';
import { settle, unreadOptions } from '../search/settle-options';
import type { TrainableMattingModel } from './trainable-model';
import type { FineTuneStep, MattingLossWeights, PairSource } from './types';

const DEFAULT_CROP = { crop: 320, portrait: 512 } as const;

/** What is done to an example before the model sees it. */
export const augmentOptions = {
  /** Probability of a mirror image. */
  flip: real({ max: 1, doc: 'probability of a mirror image', default: 0.5 }),
  /** Strength of the change of brightness, colour balance, gamma and saturation. */
  color: real({ doc: 'strength of the change of colours', default: 1 }),
  /** Probability of a slight blur. */
  blur: real({ max: 1, doc: 'probability of a slight blur', default: 0.2 }),
  /** Probability of JPEG artefacts, quality 40 to 95. */
  jpeg: real({ max: 1, doc: 'probability of JPEG artefacts', default: 0.3 }),
  /** Probability of noise. */
  noise: real({ max: 1, doc: 'probability of noise', default: 0.5 }),
  /** Largest rotation, radians. Default 0.25 for crops, 0.15 for whole portraits. */
  rotation: real({
    max: Math.PI,
    doc: 'largest rotation',
    unit: 'radians',
    otherwise: '0.25 for crops, 0.15 for whole portraits',
  }),
  /** Largest growth of the unknown region, pixels. */
  trimapGrowth: whole({
    min: 0,
    doc: 'largest growth of the unknown region',
    unit: 'pixels',
    default: 16,
  }),
} as const;

export type AugmentOptions = OptionsOf<typeof augmentOptions>;

const validates: Reader = {
  when: ({ isGiven }) => isGiven('validation'),
  unless: 'there is no validation',
};

/** Every option of `fineTune`. */
export const fineTuneOptions = {
  /** Generated pairs. This or `real`, or both. */
  pairs: value<PairSource>('pairs', { doc: 'generated pairs' }),
  /** Pairs with real mattes, mixed in. */
  real: value<PairSource>('pairs', { doc: 'pairs with real mattes, mixed in' }),
  /** Share of examples drawn from `pairs` where there are both. */
  ratio: real({
    max: 1,
    doc: 'share of examples drawn from `pairs` where there are both',
    default: 0.5,
    reads: {
      when: ({ isGiven }) => isGiven('pairs') && isGiven('real'),
      unless: 'pairs and real were not both given',
    },
  }),
  /**
   * Share of examples whose foreground is laid over another background; the others are taken as they are. The foreground
   * is estimated once per pair.
   */
  composite: real({
    max: 1,
    doc: 'share of examples whose foreground is laid over another background',
    default: 0.75,
  }),
  /** Backgrounds to compose with. */
  backgrounds: value<readonly RasterImage[]>('pictures', {
    doc: 'backgrounds to compose with',
    otherwise: 'smooth random ones, made from the seed',
    reads: { when: ({ composite }) => composite !== 0, unless: 'composite is 0' },
  }),
  /** Pairs to choose the best weights with. They must not be among the others. Without: the last weights are kept. */
  validation: value<PairSource>('pairs', { doc: 'pairs to choose the best weights with' }),
  /** Updates. */
  steps: whole({ min: 1, doc: 'updates', default: 1000 }),
  /** Examples per update. */
  batch: whole({ min: 1, doc: 'examples per update', default: 4 }),
  /** Side of the examples, a size the model takes. Default 320 for crops, 512 for whole portraits. */
  crop: whole({
    min: 1,
    doc: 'side of the examples',
    unit: 'pixels',
    otherwise: '320 for crops, 512 for whole portraits',
  }),
  /** `'crop'`: a window around a pixel of the unknown region. `'portrait'`: head and shoulders. */
  framing: choice(['crop', 'portrait'], {
    doc: 'a window around the edge, or head and shoulders',
    otherwise: 'by whether the model needs a trimap',
  }),
  optimizer: choice(['adam', 'adamw'], { doc: 'optimizer', default: 'adam' }),
  /** Largest step size. 1e-5 as the published trainers of IndexNet and (adaptation) MODNet. */
  learningRate: real({ open: true, doc: 'largest step size', default: 1e-5 }),
  /** Coupled with `'adam'`, decoupled with `'adamw'`. Default 0 and 0.01. */
  weightDecay: real({ doc: 'weight decay', otherwise: "0, with `'adamw'` 0.01" }),
  /** Updates over which the step size rises; then it falls as a cosine. */
  warmUpSteps: whole({
    min: 0,
    doc: 'updates over which the step size rises',
    otherwise: 'a twentieth of `steps`, at most 100',
  }),
  /** Where the step size ends, as a share of the largest. */
  learningRateFloor: real({
    max: 1,
    doc: 'where the step size ends, as a share of the largest',
    default: 0.01,
  }),
  /** Largest norm of all gradients together; 0 = no clipping. */
  clipNorm: real({ doc: 'largest norm of all gradients; 0 = no clipping', default: 1 }),
  /**
   * Decay of the moving average of the weights, in [0, 1); 0 = none. What is validated and kept is the average, which
   * wavers less than the weights of any single update. Of the first updates d = min(averageDecay, (1 + t) / (10 + t)).
   */
  averageDecay: real({
    max: 1 - Number.EPSILON,
    doc: 'decay of the moving average of the weights, below 1; 0 = none',
    default: 0.999,
  }),
  losses: terms<keyof MattingLossWeights>(
    'loss',
    {
      alpha: '|α − α*|',
      compositional: '|αF + (1 − α)B − I|, where the layers are known',
      gradient: '|∇α − ∇α*|, which is hair',
      boundary: 'how much more a pixel near the edge counts, for models without a trimap',
    },
    {
      doc: 'weight of each term of the loss',
      default: { alpha: 1, compositional: 1, gradient: 1, boundary: 4 },
    },
  ),
  augment: value<AugmentOptions>('options of the augmentation', {
    doc: 'what is done to an example before the model sees it',
  }),
  /** Batch normalisation: by the statistics of each batch, which also move the running ones, or frozen. */
  normalization: choice<NormalizationMode>(['batch', 'frozen'], {
    doc: 'batch normalisation: by the statistics of each batch, or frozen',
    otherwise: 'as the authors of the network trained it (`model.train.normalization`)',
  }),
  /** Which variables move, by name. */
  trainable: callback<(name: string) => boolean>({
    doc: 'which variables move, by name',
    otherwise: 'all',
  }),
  /** Measure on `validation` every this many updates, and at the end. */
  validateEvery: whole({
    min: 1,
    doc: 'validate every this many updates',
    default: 100,
    reads: validates,
  }),
  /** The error that decides which weights are best. */
  select: choice(['sad', 'mse', 'grad', 'conn'], {
    doc: 'the error that decides which weights are best',
    default: 'sad',
    reads: validates,
  }),
  /** Stop after this many validations without a new best; `Infinity`: never. */
  patience: unrecorded(
    value<number>('a whole number ≥ 1, or `Infinity`', {
      doc: 'stop after this many validations without a new best; `Infinity`: never',
      default: 10,
      reads: validates,
    }),
  ),
  /** Pixels that are measured. */
  region: choice(['unknown', 'image'], {
    doc: 'pixels that are measured',
    otherwise: 'the unknown region for models with a trimap, otherwise the whole picture',
    reads: validates,
  }),
  ...checkpointOptions,
  /** Call `onCheckpoint` every this many updates, and at the end. */
  checkpointEvery: unrecorded(checkpointOptions.checkpointEvery),
  /** Bytes that prepared pairs may take in memory. */
  memory: unrecorded(
    real({ open: true, doc: 'memory for prepared pairs', unit: 'bytes', default: 2e9 }),
  ),
  seed: searchOptions.seed,
  /** Stops after the current update with an `AbortedError` whose `best` is a `FineTuning`. */
  signal: searchOptions.signal,
  /** Called at each step of `fineTune`. */
  onProgress: callback<(step: FineTuneStep) => void>({ doc: 'called at each step' }),
  /** Called as pairs are read and their foregrounds estimated, before the first step. */
  onPrepare: callback<(progress: { loaded: number; total: number | undefined }) => void>({
    doc: 'called as pairs are read, before the first step',
  }),
} as const;

/** What `fineTune` takes. */
export interface FineTuneOptions extends OptionsOf<typeof fineTuneOptions> {}

/** Every option after defaults. JSON-safe. */
export interface FineTuneSettings extends Omit<SettingsOf<typeof fineTuneOptions>, 'losses'> {
  readonly model: string;
  readonly losses: MattingLossWeights;
  readonly augment: SettingsOf<typeof augmentOptions>;
  /** `null`: never. */
  readonly patience: number | null;
}

/**
 * Fills in defaults and checks every option.
 * @throws InvalidOptionError naming the option and its range
 */
export function resolveFineTuning(
  model: TrainableMattingModel,
  options: FineTuneOptions,
): FineTuneSettings {
  assertOptions(options, 'options');
  assertKnownKeys(options, Object.keys(fineTuneOptions), 'fineTune');
  const given = settle(fineTuneOptions, options, 'fast');
  const framing = given.framing ?? (model.needsTrimap ? 'crop' : 'portrait');
  const trained = model.train.normalization === 'batch' ? 'batch' : 'frozen';
  const settings: FineTuneSettings = {
    model: model.name,
    ratio: given.ratio,
    composite: given.composite,
    steps: given.steps,
    batch: given.batch,
    crop: given.crop ?? defaultCrop(model, framing),
    framing,
    optimizer: given.optimizer,
    learningRate: given.learningRate,
    weightDecay: given.weightDecay ?? (given.optimizer === 'adamw' ? 0.01 : 0),
    warmUpSteps: given.warmUpSteps ?? Math.min(100, Math.floor(given.steps / 20)),
    learningRateFloor: given.learningRateFloor,
    clipNorm: given.clipNorm,
    averageDecay: given.averageDecay,
    losses: someLoss(given.losses as MattingLossWeights),
    augment: augmentation(options.augment, framing),
    normalization: given.normalization ?? trained,
    validateEvery: given.validateEvery,
    select: given.select,
    patience: patienceOf(options.patience ?? 10),
    region: given.region ?? (model.needsTrimap ? 'unknown' : 'image'),
    seed: given.seed,
  };
  assertCrop(model, settings.crop);
  return settings;
}

/** One sentence for each option that was given and that nothing reads in this training. */
export function unreadFineTuning(
  options: FineTuneOptions,
  { steps, select, composite }: FineTuneSettings,
): string[] {
  return unreadOptions(fineTuneOptions, options, { weights: {}, steps, select, composite });
}

function augmentation(
  given: AugmentOptions = {},
  framing: 'crop' | 'portrait',
): SettingsOf<typeof augmentOptions> {
  assertOptions(given, 'augment');
  assertKnownKeys(given, Object.keys(augmentOptions), 'augment');
  const settings = settle(augmentOptions, given, 'fast', (name) => `augment.${name}`);
  return { ...settings, rotation: settings.rotation ?? (framing === 'crop' ? 0.25 : 0.15) };
}

function patienceOf(patience: number): number | null {
  if (patience === Number.POSITIVE_INFINITY) return null;
  checkOption('patience', whole({ min: 1, doc: '' }), patience);
  return patience;
}

function someLoss(weights: MattingLossWeights): MattingLossWeights {
  if (weights.alpha + weights.compositional + weights.gradient > 0) return weights;
  throw new InvalidOptionError('No term of the loss has a weight.', 'Give one a weight above 0.');
}

function defaultCrop({ input }: MattingModel, framing: 'crop' | 'portrait'): number {
  const wanted = Math.min(input.max, Math.max(input.min, DEFAULT_CROP[framing]));
  const down = Math.floor(wanted / input.multipleOf) * input.multipleOf;
  return down >= input.min && down > 0
    ? down
    : Math.ceil(wanted / input.multipleOf) * input.multipleOf;
}

function assertCrop({ name, input: { multipleOf, min, max } }: MattingModel, crop: number): void {
  if (Number.isInteger(crop) && crop >= min && crop <= max && crop % multipleOf === 0) return;
  throw new InvalidOptionError(
    `crop is ${crop}; "${name}" takes sides from ${min} to ${max} pixels${multipleOf > 1 ? ` that are multiples of ${multipleOf}` : ''}.`,
    'Use such a size.',
  );
}
