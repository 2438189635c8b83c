import type { EnhanceOptions, LossWeights } from '../enhance/types';
import { InvalidOptionError } from '../errors';
import { type Preset, presets } from './presets';

/** Options after defaults, without the parts. */
export type ResolvedOptions = Preset & {
  readonly preset: 'fast' | 'paper';
  readonly seed: number;
  readonly previewEvery: number;
  readonly optimize: 'both' | 'styles' | 'noise';
  /** Longest side for the losses, `Infinity` = the generator's. */
  readonly lossSize: number;
};

const DEFAULT_SEED = 0;

/**
 * Fills in the preset and checks every number.
 * @throws InvalidOptionError
 */
export function resolveOptions(options: EnhanceOptions): ResolvedOptions {
  const name = options.preset ?? 'fast';
  const preset = presets[name];
  if (!Object.hasOwn(presets, name)) {
    throw new InvalidOptionError(
      `There is no preset "${name}".`,
      `Use one of: ${Object.keys(presets).join(', ')}.`,
    );
  }
  const resolved: ResolvedOptions = {
    preset: name,
    steps: options.steps ?? preset.steps,
    learningRate: options.learningRate ?? preset.learningRate,
    weightDecay: options.weightDecay ?? preset.weightDecay,
    adaptivity: options.adaptivity ?? preset.adaptivity,
    workingSize: options.workingSize ?? preset.workingSize,
    weights: resolveWeights(preset.weights, options.weights),
    entropyRegion: options.entropyRegion ?? preset.entropyRegion,
    fidelityReduction: options.fidelityReduction ?? preset.fidelityReduction,
    minPsnr: options.minPsnr ?? preset.minPsnr,
    mirror: options.mirror ?? preset.mirror,
    target: options.target ?? preset.target,
    select: options.select ?? preset.select,
    selectEvery: options.selectEvery ?? preset.selectEvery,
    output: options.output ?? preset.output,
    seed: options.seed ?? DEFAULT_SEED,
    previewEvery: options.previewEvery ?? 0,
    optimize: options.optimize ?? 'both',
    lossSize: options.lossSize ?? Number.POSITIVE_INFINITY,
  };
  const whole = (key: 'steps' | 'selectEvery' | 'previewEvery' | 'seed', min: number) => {
    if (!Number.isSafeInteger(resolved[key]) || resolved[key] < min) {
      throw new InvalidOptionError(
        `${key} is ${resolved[key]}.`,
        `Use a whole number${min > Number.MIN_SAFE_INTEGER ? ` ≥ ${min}` : ''}.`,
      );
    }
  };
  whole('steps', 0);
  whole('selectEvery', 1);
  whole('previewEvery', 0);
  whole('seed', Number.MIN_SAFE_INTEGER);
  const positive = (key: 'learningRate' | 'weightDecay' | 'minPsnr', allowZero: boolean) => {
    const value = resolved[key];
    if (!Number.isFinite(value) || value < 0 || (!allowZero && value === 0)) {
      throw new InvalidOptionError(
        `${key} is ${value}.`,
        `Use a finite number ${allowZero ? '≥' : '>'} 0.`,
      );
    }
  };
  positive('learningRate', false);
  positive('weightDecay', true);
  positive('minPsnr', true);
  if (!Number.isInteger(resolved.workingSize) || resolved.workingSize < 64) {
    throw new InvalidOptionError(
      `workingSize is ${resolved.workingSize}.`,
      'Use a whole number of pixels, at least 64; multiples of 32 waste nothing.',
    );
  }
  if (
    options.lossSize !== undefined &&
    (!Number.isInteger(options.lossSize) || options.lossSize < 32)
  ) {
    throw new InvalidOptionError(
      `lossSize is ${options.lossSize}.`,
      'Use a whole number of pixels, at least 32.',
    );
  }
  oneOf('optimize', resolved.optimize, ['both', 'styles', 'noise']);
  oneOf('adaptivity', resolved.adaptivity, ['element', 'tensor']);
  oneOf('entropyRegion', resolved.entropyRegion, ['image', 'unknown']);
  oneOf('fidelityReduction', resolved.fidelityReduction, ['norm', 'mean-square']);
  oneOf('target', resolved.target, ['views', 'refined']);
  oneOf('select', resolved.select, ['agreement', 'last']);
  oneOf('output', resolved.output, ['residual', 'generated']);
  return resolved;
}

function resolveWeights(preset: LossWeights, given: Partial<LossWeights> = {}): LossWeights {
  const weights = { ...preset };
  for (const [key, value] of Object.entries(given)) {
    if (!Object.hasOwn(preset, key)) {
      throw new InvalidOptionError(
        `There is no loss called "${key}".`,
        `Use: ${Object.keys(preset).join(', ')}.`,
      );
    }
    if (value === undefined) continue;
    if (!Number.isFinite(value) || value < 0) {
      throw new InvalidOptionError(`weights.${key} is ${value}.`, 'Use a finite number ≥ 0.');
    }
    weights[key as keyof LossWeights] = value;
  }
  return weights;
}

function oneOf(name: string, value: string, allowed: readonly string[]): void {
  if (!allowed.includes(value)) {
    throw new InvalidOptionError(`${name} is "${value}".`, `Use one of: ${allowed.join(', ')}.`);
  }
}
