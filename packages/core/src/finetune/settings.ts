import type { MattingModel, MattingTraining } from '../contracts';
import { InvalidOptionError } from '../errors';
import { checkVersion } from '../prediction/parts';
import type { FineTuneOptions, FineTuneSettings, MattingLossWeights } from './types';

export type TrainableMattingModel = MattingModel &
  Required<Pick<MattingModel, 'variables'>> & { readonly train: MattingTraining };

const DEFAULT_CROP = { crop: 320, portrait: 512 } as const;

/** @throws InvalidOptionError a model that cannot be trained */
export function assertTrainable(model: MattingModel): asserts model is TrainableMattingModel {
  checkVersion(model);
  if (model.train !== undefined && model.variables !== undefined) return;
  throw new InvalidOptionError(
    `The model "${model.name}" cannot be fine-tuned: it has no variables.`,
    "Load one that can with `trainable: true`, as loadModel('compact-matting', { trainable: true }), or adapt a LayersModel.",
  );
}

/**
 * Fills in defaults and checks every number.
 * @throws InvalidOptionError naming the option and its range
 */
export function resolveFineTuning(
  model: TrainableMattingModel,
  options: FineTuneOptions,
): FineTuneSettings {
  const steps = options.steps ?? 1000;
  const framing = options.framing ?? (model.needsTrimap ? 'crop' : 'portrait');
  oneOf('framing', framing, ['crop', 'portrait']);
  const optimizer = options.optimizer ?? 'adam';
  oneOf('optimizer', optimizer, ['adam', 'adamw']);
  const { augment = {} } = options;
  const trained = model.train.normalization === 'batch' ? 'batch' : 'frozen';
  const patience = options.patience ?? 10;
  const settings: FineTuneSettings = {
    model: model.name,
    ratio: options.ratio ?? 0.5,
    composite: options.composite ?? 0.75,
    steps,
    batch: options.batch ?? 4,
    crop: options.crop ?? defaultCrop(model, framing),
    framing,
    optimizer,
    learningRate: options.learningRate ?? 1e-5,
    weightDecay: options.weightDecay ?? (optimizer === 'adamw' ? 0.01 : 0),
    warmUpSteps: options.warmUpSteps ?? Math.min(100, Math.floor(steps / 20)),
    learningRateFloor: options.learningRateFloor ?? 0.01,
    clipNorm: options.clipNorm ?? 1,
    averageDecay: options.averageDecay ?? 0.999,
    losses: lossWeights(options.losses),
    augment: {
      flip: augment.flip ?? 0.5,
      color: augment.color ?? 1,
      blur: augment.blur ?? 0.2,
      jpeg: augment.jpeg ?? 0.3,
      noise: augment.noise ?? 0.5,
      rotation: augment.rotation ?? (framing === 'crop' ? 0.25 : 0.15),
      trimapGrowth: augment.trimapGrowth ?? 16,
    },
    normalization: options.normalization ?? trained,
    validateEvery: options.validateEvery ?? 100,
    select: options.select ?? 'sad',
    patience: patience === Number.POSITIVE_INFINITY ? null : patience,
    region: options.region ?? (model.needsTrimap ? 'unknown' : 'image'),
    seed: options.seed ?? 0,
  };
  const whole = (name: string, value: number, min: number) => {
    if (Number.isSafeInteger(value) && value >= min) return;
    throw new InvalidOptionError(`${name} is ${value}.`, `Use a whole number ≥ ${min}.`);
  };
  const within = (name: string, value: number, low: number, high: number, open = false) => {
    if (Number.isFinite(value) && value <= high && (open ? value > low : value >= low)) return;
    const range = Number.isFinite(high) ? `in [${low}, ${high}]` : `${open ? '>' : '≥'} ${low}`;
    throw new InvalidOptionError(`${name} is ${value}.`, `Use a finite number ${range}.`);
  };
  whole('steps', settings.steps, 1);
  whole('batch', settings.batch, 1);
  whole('warmUpSteps', settings.warmUpSteps, 0);
  whole('validateEvery', settings.validateEvery, 1);
  whole('checkpointEvery', options.checkpointEvery ?? 100, 1);
  whole('augment.trimapGrowth', settings.augment.trimapGrowth, 0);
  if (settings.patience !== null) whole('patience', settings.patience, 1);
  whole('seed', settings.seed, Number.MIN_SAFE_INTEGER);
  within('ratio', settings.ratio, 0, 1);
  within('composite', settings.composite, 0, 1);
  within('learningRate', settings.learningRate, 0, Number.POSITIVE_INFINITY, true);
  within('weightDecay', settings.weightDecay, 0, Number.POSITIVE_INFINITY);
  within('learningRateFloor', settings.learningRateFloor, 0, 1);
  if (!(settings.averageDecay >= 0 && settings.averageDecay < 1)) {
    throw new InvalidOptionError(
      `averageDecay is ${settings.averageDecay}.`,
      'Use a number in [0, 1).',
    );
  }
  within('clipNorm', settings.clipNorm, 0, Number.POSITIVE_INFINITY);
  within('memory', options.memory ?? 1, 0, Number.POSITIVE_INFINITY, true);
  for (const name of ['flip', 'blur', 'jpeg', 'noise'] as const) {
    within(`augment.${name}`, settings.augment[name], 0, 1);
  }
  within('augment.color', settings.augment.color, 0, Number.POSITIVE_INFINITY);
  within('augment.rotation', settings.augment.rotation, 0, Math.PI);
  oneOf('normalization', settings.normalization, ['batch', 'frozen']);
  oneOf('select', settings.select, ['sad', 'mse', 'grad', 'conn']);
  oneOf('region', settings.region, ['unknown', 'image']);
  assertCrop(model, settings.crop);
  return settings;
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

function lossWeights(given: Partial<MattingLossWeights> = {}): MattingLossWeights {
  const weights: MattingLossWeights = { alpha: 1, compositional: 1, gradient: 1, boundary: 4 };
  for (const [key, value] of Object.entries(given)) {
    if (!Object.hasOwn(weights, key)) {
      throw new InvalidOptionError(
        `There is no loss called "${key}".`,
        `Use: ${Object.keys(weights).join(', ')}.`,
      );
    }
    if (value === undefined) continue;
    if (!Number.isFinite(value) || value < 0) {
      throw new InvalidOptionError(`losses.${key} is ${value}.`, 'Use a finite number ≥ 0.');
    }
    weights[key as keyof MattingLossWeights] = value;
  }
  if (weights.alpha + weights.compositional + weights.gradient === 0) {
    throw new InvalidOptionError('No term of the loss has a weight.', 'Give one a weight above 0.');
  }
  return weights;
}

function oneOf(name: string, value: string, allowed: readonly string[]): void {
  if (!allowed.includes(value)) {
    throw new InvalidOptionError(`${name} is "${value}".`, `Use one of: ${allowed.join(', ')}.`);
  }
}
