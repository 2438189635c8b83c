import type {
  MattingLossWeights,
  MetricName,
  NodeDevice,
  NormalizationMode,
} from '@latent-matte/backend-node';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { addBackgroundOptions, type BackgroundFlags } from './background-flags';
import { collect, nonNegative, positiveInteger, wholeNumber } from './enhance-flags';

/** At most this many backgrounds of a folder are kept in memory. */
export const FINE_TUNE_BACKGROUNDS = 256;

export interface FineTuneCommandOptions extends BackgroundFlags {
  readonly model: string;
  readonly weights?: string;
  readonly pairs?: string;
  readonly real?: string;
  readonly validation?: string;
  readonly test: readonly string[];
  readonly out: string;
  readonly id?: string;
  readonly steps?: number;
  readonly batch?: number;
  readonly crop?: number;
  readonly ratio?: number;
  readonly composite?: number;
  readonly optimizer?: 'adam' | 'adamw';
  readonly learningRate?: number;
  readonly weightDecay?: number;
  readonly warmUp?: number;
  readonly clip?: number;
  readonly averageDecay?: number;
  readonly loss: Partial<MattingLossWeights>;
  readonly normalization?: NormalizationMode;
  readonly validateEvery?: number;
  readonly patience?: number;
  readonly select?: MetricName;
  readonly checkpointEvery?: number;
  readonly seed?: number;
  readonly resume?: true;
  readonly device: NodeDevice;
  readonly json?: true;
}

const terms = ['alpha', 'compositional', 'gradient', 'boundary'] as const;

/** `latent-matte fine-tune`. */
export function addFineTuneCommand(
  program: Command,
  actions: { fineTune(options: FineTuneCommandOptions): Promise<void> },
): void {
  const command = program
    .command('fine-tune')
    .description('train a matting model on generated portraits, mixed with real ones')
    .requiredOption(
      '-m, --model <name>',
      'compact-matting, or a model you added whose network is modnet or indexnet',
    )
    .option('--weights <file>', 'begin with these weights; --model is then the network')
    .option('--pairs <folder>', 'generated pairs: image/ alpha/ [trimap/], or shards of them')
    .option('--real <folder>', 'pairs with real mattes, mixed in')
    .option('--validation <folder>', 'pairs to choose the best weights with')
    .option(
      '--test <folder>',
      'pairs to measure before and after, and for nothing else; repeatable',
      collect,
      [],
    )
    .requiredOption('-o, --out <file>', 'where the weights go, a .safetensors file')
    .option('--id <name>', 'also keep the model under this id, for --model and loadModel()')
    .option('--steps <count>', 'updates (default: 1000)', positiveInteger)
    .option('--batch <count>', 'examples per update (default: 4)', positiveInteger)
    .option(
      '--crop <pixels>',
      'side of the examples (default: 320; without trimap 512)',
      positiveInteger,
    )
    .option('--ratio <share>', 'share of examples from --pairs (default: 0.5)', nonNegative)
    .option(
      '--composite <share>',
      'share laid over another background (default: 0.75)',
      nonNegative,
    )
    .addOption(new Option('--optimizer <name>', 'default: adam').choices(['adam', 'adamw']))
    .option('--learning-rate <number>', 'largest step size (default: 1e-5)', nonNegative)
    .option('--weight-decay <number>', 'default: 0, adamw 0.01', nonNegative)
    .option('--warm-up <count>', 'updates over which the step size rises', wholeNumber)
    .option('--clip <norm>', 'largest norm of the gradient, 0 = any (default: 1)', nonNegative)
    .option(
      '--average-decay <share>',
      'moving average of the weights, which is what is kept; 0 = off (default: 0.999)',
      nonNegative,
    )
    .option(
      '--loss <term=value>',
      `weight of a term of the loss, repeatable: ${terms.join(', ')}`,
      lossWeight,
      {},
    )
    .addOption(
      new Option(
        '--normalization <mode>',
        'batch normalisation by each batch, or frozen (default: as the network was trained)',
      ).choices(['batch', 'frozen']),
    )
    .option(
      '--validate-every <count>',
      'updates between validations (default: 100)',
      positiveInteger,
    )
    .option(
      '--patience <count>',
      'stop after so many validations without a new best (default: 10)',
      positiveInteger,
    )
    .addOption(
      new Option('--select <error>', 'the error that decides (default: sad)').choices([
        'sad',
        'mse',
        'grad',
        'conn',
      ]),
    )
    .option(
      '--checkpoint-every <count>',
      'updates between checkpoints (default: 100)',
      positiveInteger,
    )
    .option('--seed <number>', 'seed of every random choice (default: 0)', wholeNumber)
    .option('--resume', 'go on from OUT.checkpoint.safetensors')
    .addOption(
      new Option('--device <name>', 'what computes; "latent-matte doctor" tells what works here')
        .choices(['auto', 'cuda', 'webgpu', 'native', 'wasm', 'cpu'])
        .default('auto'),
    )
    .option('--json', 'print the report as JSON');
  addBackgroundOptions(command, FINE_TUNE_BACKGROUNDS)
    .addHelpText(
      'after',
      `
The file that comes out holds the weights that did best on --validation: those of the start if nothing was better. With
--id NAME it is also kept among your models: latent-matte enhance photo.jpg --model NAME.
After Ctrl-C or a crash the same command with --resume goes on, and ends with the same bytes.

Examples:
  $ latent-matte fine-tune -m compact-matting --pairs generated --real train --validation held-out -o tuned.safetensors
  $ latent-matte fine-tune -m modnet --weights modnet.ckpt --pairs generated --validation held-out -o modnet.safetensors`,
    )
    .action(actions.fineTune);
}

function lossWeight(
  text: string,
  earlier: Partial<MattingLossWeights>,
): Partial<MattingLossWeights> {
  const [name, value] = text.split('=');
  const term = terms.find((known) => known === name);
  if (term === undefined || value === undefined) {
    throw new InvalidArgumentError(`Give TERM=NUMBER with one of ${terms.join(', ')}.`);
  }
  return { ...earlier, [term]: nonNegative(value) };
}
