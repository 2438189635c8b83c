import {
  augmentOptions,
  fineTuneOptions,
  type OptionsOf,
  wordsOf,
} from '@latent-matte/core/options';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { addAdvancedFlag, RESEARCH } from '../flags/advanced-help';
import { addBackgroundOptions, type BackgroundFlags } from '../flags/backgrounds';
import { addDeviceFlag, type DeviceFlag } from '../flags/device';
import { collect, wordAndNumber } from '../flags/parse';
import { addRenamedFlag } from '../flags/renamed-flag';
import { parserOf } from '../flags/table-flag';
import { addTableFlags } from '../flags/table-flags';

/** At most this many backgrounds of a folder are kept in memory. */
export const FINE_TUNE_BACKGROUNDS = 256;

type TableFlags = Omit<
  OptionsOf<typeof fineTuneOptions>,
  | ('pairs' | 'real' | 'validation' | 'backgrounds' | 'resume')
  | ('trainable' | 'signal' | 'onProgress' | 'onPrepare' | 'onCheckpoint')
>;

export interface FineTuneCommandOptions extends Readonly<TableFlags>, BackgroundFlags, DeviceFlag {
  readonly model: string;
  readonly weights?: string;
  readonly pairs?: string;
  readonly real?: string;
  readonly validation?: string;
  readonly test: readonly string[];
  readonly out: string;
  readonly id?: string;
  readonly resume?: true;
  readonly json?: true;
}

export interface FineTuneActions {
  fineTune(options: FineTuneCommandOptions): Promise<void>;
}

/** `latent-matte fine-tune`. */
export function addFineTuneCommand(program: Command, actions: FineTuneActions): void {
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
    .option('--id <name>', 'also keep the model under this id, for --model and loadModel()');
  addTableFlags(command, fineTuneOptions, {
    first: [
      ...['steps', 'batch', 'crop', 'framing', 'ratio', 'composite', 'learningRate'],
      ...['validateEvery', 'patience', 'select', 'checkpointEvery', 'seed'],
    ],
    words: {
      losses: { long: 'loss', doc: 'weight of a term of the loss' },
      patience: { unit: 'count', parse: patience },
      seed: { unit: 'number' },
    },
  });
  command.addOption(
    new Option(
      '--augment <name=value>',
      `what is done to an example, repeatable: ${augmentNames.join(', ')}`,
    )
      .argParser(augmentation)
      .helpGroup(RESEARCH),
  );
  addRenamedFlag(command, '--warm-up <count>', '--warm-up-steps');
  addRenamedFlag(command, '--clip <norm>', '--clip-norm');
  addDeviceFlag(addAdvancedFlag(command))
    .option('--resume', 'go on from OUT.checkpoint.safetensors')
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

/** A whole number ≥ 1, or `Infinity`. */
function patience(text: string): number {
  if (/^(Infinity|[1-9]\d*)$/.test(text)) return Number(text);
  throw new InvalidArgumentError(
    `Give ${wordsOf(fineTuneOptions.patience.kind).replaceAll('`', '')}.`,
  );
}

const augmentNames = Object.keys(augmentOptions) as (keyof typeof augmentOptions)[];

/** Reads `flip=0.5` into an object, each value in the range of its option. */
const augmentation = wordAndNumber(
  augmentNames,
  'NAME',
  (text, name) => parserOf(name, augmentOptions[name])(text) as number,
);
