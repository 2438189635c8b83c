import type { Generator } from '../contracts';
import { InvalidOptionError } from '../errors';
import type {
  InversionMethod,
  InversionPreset,
  InversionSettings,
  InversionSteps,
  InversionWeights,
  InvertOptions,
} from './types';

type Defaults = Pick<
  InversionSettings,
  'space' | 'steps' | 'learningRate' | 'noiseLearningRate' | 'weights' | 'reduction'
>;

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
};

/** Options after defaults, without the names of the models. */
export type ResolvedInversion = Omit<InversionSettings, 'generator' | 'perceptual'>;

/**
 * Fills in the preset and checks every number.
 * @throws InvalidOptionError
 */
export function resolveInversion(options: InvertOptions): ResolvedInversion {
  const method = options.method ?? 'wplus-then-noise';
  const preset = options.preset ?? 'fast';
  oneOf('method', method, Object.keys(defaults));
  oneOf('preset', preset, Object.keys(defaults[method]));
  const base = defaults[method][preset];
  const resolved: ResolvedInversion = {
    method,
    preset,
    space: options.space ?? base.space,
    steps: resolveSteps(method, base.steps, options.steps),
    learningRate: options.learningRate ?? base.learningRate,
    noiseLearningRate: options.noiseLearningRate ?? base.noiseLearningRate,
    weights: resolveWeights(base.weights, options.weights),
    reduction: options.reduction ?? base.reduction,
    perceptualSize: options.perceptualSize ?? 256,
    seed: options.seed ?? 0,
  };
  oneOf('space', resolved.space, ['w', 'w+']);
  oneOf('reduction', resolved.reduction, ['norm', 'mean-square', 'sum-square']);
  for (const key of ['learningRate', 'noiseLearningRate'] as const) {
    if (!(resolved[key] > 0) || !Number.isFinite(resolved[key])) {
      throw new InvalidOptionError(`${key} is ${resolved[key]}.`, 'Use a finite number > 0.');
    }
  }
  if (!Number.isSafeInteger(resolved.seed)) {
    throw new InvalidOptionError(`seed is ${resolved.seed}.`, 'Use a whole number.');
  }
  if (!Number.isSafeInteger(resolved.perceptualSize) || resolved.perceptualSize < 16) {
    throw new InvalidOptionError(
      `perceptualSize is ${resolved.perceptualSize}.`,
      'Use a whole number of pixels, at least 16.',
    );
  }
  const { consistency, perceptual } = resolved.weights;
  if (consistency === 0 && perceptual === 0) {
    throw new InvalidOptionError(
      'Neither the consistency nor the perceptual loss has a weight.',
      'Give at least one of them a weight above 0.',
    );
  }
  return resolved;
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
        : { styles: Math.ceil((2 * given) / 3), noise: Math.floor(given / 3) };
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

function resolveWeights(
  preset: InversionWeights,
  given: Partial<InversionWeights> = {},
): InversionWeights {
  for (const [key, value] of Object.entries(given)) {
    if (!Object.hasOwn(preset, key)) {
      throw new InvalidOptionError(
        `There is no inversion loss called "${key}".`,
        `Use: ${Object.keys(preset).join(', ')}.`,
      );
    }
    if (!Number.isFinite(value) || value < 0) {
      throw new InvalidOptionError(`weights.${key} is ${value}.`, 'Use a finite number ≥ 0.');
    }
  }
  return { ...preset, ...given };
}

function oneOf(name: string, value: string, allowed: readonly string[]): void {
  if (!allowed.includes(value)) {
    throw new InvalidOptionError(`${name} is "${value}".`, `Use one of: ${allowed.join(', ')}.`);
  }
}
