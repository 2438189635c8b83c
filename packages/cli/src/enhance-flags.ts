import type {
  EnhanceRequest,
  LossWeights,
  NodeDevice,
  PresetName,
} from '@latent-matte/backend-node';
import { type Command, InvalidArgumentError, Option } from 'commander';

/** Options that both `enhance` and `evaluate` pass to `enhancePortrait`. */
export interface EnhanceFlags {
  readonly trimap?: string;
  readonly generator?: string;
  readonly preset?: PresetName;
  readonly steps?: number;
  readonly seed?: number;
  readonly workingSize?: number;
  readonly minPsnr?: number;
  readonly learningRate?: number;
  readonly optimize?: EnhanceRequest['optimize'];
  readonly select?: EnhanceRequest['select'];
  readonly entropyRegion?: EnhanceRequest['entropyRegion'];
  readonly output?: EnhanceRequest['output'];
  readonly weight: Partial<LossWeights>;
  readonly background: readonly string[];
  readonly device: NodeDevice;
  readonly json?: true;
}

/** Adds the options of {@link EnhanceFlags}. */
export function addEnhanceOptions(command: Command): Command {
  return command
    .option(
      '--generator <name>',
      'generator whose latent code is searched (default: residual-pyramid)',
    )
    .addOption(
      new Option('--preset <name>', 'fast, or the settings of the paper (500 steps)')
        .choices(['fast', 'paper'])
        .default('fast'),
    )
    .option('--steps <count>', 'optimisation steps (default: by the preset)', wholeNumber)
    .option('--seed <number>', 'seed of every random choice (default: 0)', wholeNumber)
    .option(
      '--working-size <pixels>',
      'longest side to optimise at, a multiple of 32',
      positiveInteger,
    )
    .option('--min-psnr <dB>', 'how close the portrait must stay; 0 = no bound', nonNegative)
    .option('--learning-rate <number>', "Adam's step size (default: by the preset)", positive)
    .addOption(
      new Option('--optimize <latents>', 'which latents move (default: both)').choices([
        'both',
        'styles',
        'noise',
      ]),
    )
    .addOption(
      new Option('--select <step>', 'the step that is returned (default: by the preset)').choices([
        'agreement',
        'last',
      ]),
    )
    .addOption(
      new Option(
        '--entropy-region <pixels>',
        'pixels the entropy is averaged over (default: by the preset)',
      ).choices(['image', 'unknown']),
    )
    .addOption(
      new Option(
        '--output <picture>',
        "photo plus change, or the generator's own picture (default: by the preset)",
      ).choices(['residual', 'generated']),
    )
    .option(
      '--weight <term=value>',
      `weight of a loss term, repeatable (0 = off): ${terms.join(', ')}`,
      lossWeight,
      {},
    )
    .option(
      '--background <image>',
      'background for the compositional loss, repeatable',
      collect,
      [],
    )
    .addOption(
      new Option('--device <name>', 'what computes; "latent-matte doctor" tells what works here')
        .choices(['auto', 'cuda', 'webgpu', 'native', 'wasm', 'cpu'])
        .default('auto'),
    );
}

const terms = [
  'entropy',
  'compositional',
  'consistency',
  'perceptual',
  'agreement',
] as const satisfies (keyof LossWeights)[];

const lossWeight = numberPerName(terms, 'TERM');

/** Parses `NAME=NUMBER`, given several times, into an object. @param what stands for the name in the message */
export function numberPerName<Name extends string>(
  names: readonly Name[],
  what: string,
): (text: string, earlier: Partial<Record<Name, number>>) => Partial<Record<Name, number>> {
  return (text, earlier) => {
    const [given, value] = text.split('=');
    const name = names.find((known) => known === given);
    if (name === undefined || value === undefined) {
      throw new InvalidArgumentError(`Give ${what}=NUMBER with one of ${names.join(', ')}.`);
    }
    return { ...earlier, [name]: nonNegative(value) };
  };
}

export const collect = (value: string, earlier: string[]): string[] => [...earlier, value];

export function nonNegative(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) {
    throw new InvalidArgumentError('Give a number ≥ 0.');
  }
  return value;
}

export function positive(text: string): number {
  const value = nonNegative(text);
  if (value === 0) throw new InvalidArgumentError('Give a number > 0.');
  return value;
}

export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('Give a whole number ≥ 0.');
  return Number(text);
}

export function positiveInteger(text: string): number {
  const value = wholeNumber(text);
  if (value === 0) throw new InvalidArgumentError('Give a whole number ≥ 1.');
  return value;
}
