import { evaluateOptions, type OptionsOf } from '@latent-matte/core/options';
import { type Command, Option } from 'commander';
import { type DatasetLayout, datasetLayouts } from '../data/dataset';
import { addBackgroundOptions } from '../flags/backgrounds';
import { addDeviceFlag, type DeviceFlag } from '../flags/device';
import { collect, positiveInteger } from '../flags/parse';
import { addRenamedFlag } from '../flags/renamed-flag';
import {
  addConsultFlag,
  addReferenceFlag,
  addSearchFlags,
  type EnhanceFlags,
  searchWords,
} from '../flags/search-flags';
import { addTableFlags } from '../flags/table-flags';
import { addDescribeOption } from '../model-choice/model-choice-options';
import { type AblationGroup, ablationGroups, defaultAblation, parseAblation } from './ablation';

/** How many backgrounds are drawn from a folder of them. */
export const EVALUATE_BACKGROUNDS = 32;

type OwnFlags = Pick<
  OptionsOf<typeof evaluateOptions>,
  'trimapSource' | 'region' | 'protocol' | 'resamples'
>;

export interface EvaluateCommandOptions
  extends Omit<EnhanceFlags, 'model'>,
    Readonly<OwnFlags>,
    DeviceFlag {
  readonly data: string;
  readonly layout?: DatasetLayout;
  /** Matting models by name; each is judged. */
  readonly model?: readonly string[];
  /** Default true. */
  readonly judgeTarget?: boolean;
  /** Models as they are: no search. */
  readonly plain?: true;
  readonly cutOut?: true;
  /** The models judge what was made for the others. */
  readonly transfer?: true;
  /** Further models that judge what was made for others. */
  readonly judge?: readonly string[];
  readonly ablate?: readonly AblationGroup[];
  readonly limit?: number;
  readonly workers?: number;
  readonly html?: string;
  readonly state?: string;
  readonly resume?: true;
  readonly json?: true;
}

export interface EvaluateActions {
  evaluate(options: EvaluateCommandOptions): Promise<void>;
}

/** `latent-matte evaluate`. */
export function addEvaluateCommand(program: Command, actions: EvaluateActions): void {
  const command = program
    .command('evaluate')
    .description(
      'measure what enhancement does to the mattes of a model, over a folder with true mattes',
    )
    .requiredOption('-d, --data <folder>', 'folder with image/, alpha/ and, optionally, trimap/')
    .addOption(
      new Option('--layout <name>', 'how the folder is laid out (docs/evaluate.md)')
        .choices(datasetLayouts.filter((name) => name !== 'coco'))
        .default('triples'),
    );
  command.option(
    '--plain',
    'measure the models as they are, without a search: unknown region, whole picture, IoU, gross failures, seconds',
  );
  command.option('--cut-out', 'with --plain, measure each model also as cut-out uses it');
  addSearchFlags(command, {
    model: { ...searchWords.model, doc: 'matting model to judge', repeatable: true },
  });
  addConsultFlag(command);
  addReferenceFlag(command);
  addDescribeOption(command);
  addRenamedFlag(command, '--trimap-model <name>', '--trimap');
  addTableFlags(command, evaluateOptions, {
    first: ['trimapSource', 'region', 'protocol', 'resamples'],
    words: {
      trimapSource: { doc: 'trimap that the model is judged with: predicted, or that in trimap/' },
      // Measured unless it is refused.
      judgeTarget: false,
      // --transfer and --judge.
      transferTo: false,
    },
  });
  command.option('--no-judge-target', 'do not measure the fixed target without any enhancement');
  addRenamedFlag(command, '--no-ensemble', '--no-judge-target');
  addBackgroundOptions(command, EVALUATE_BACKGROUNDS).addOption(
    new Option(
      '--ablate [groups]',
      `also run variants, as in the paper's Tables III and IV: ${ablationGroups.join(', ')}`,
    )
      .argParser(parseAblation)
      .preset(defaultAblation.join(',')),
  );
  command
    .option('--transfer', 'let each --model and --judge judge the pictures made for the others')
    .option(
      '--judge <name>',
      'matting model that judges the pictures made for others, and for which none are made; repeatable',
      collect,
    );
  addDeviceFlag(command)
    .option('--limit <count>', 'only the first so many pictures, by name', positiveInteger)
    .option(
      '--workers <count>',
      'pictures at the same time, each on a thread (default: one per core, 1 on a GPU)',
      positiveInteger,
    )
    .option('--html <file>', 'also write a report: tables, plots, best and worst cases')
    .option('--resume', 'go on with an earlier run of the same settings')
    .option('--state <file>', 'what is done so far, for --resume (default: beside --html)')
    .option('--json', 'print JSON, with a row per picture (shape: docs/evaluate.md)')
    .addHelpText(
      'after',
      `
Grad, Conn, MSE and SAD are measured where trimap/ says unknown, or everywhere without it.
With --plain, hard masks in mask/ may take the place of alpha/.
Files belong together by name: image/a.jpg, alpha/a.png, trimap/a.png.

Examples:
  $ latent-matte evaluate --data portraits
  $ latent-matte evaluate --data portraits --trimap-source given --limit 10 --json > table.json
  $ latent-matte evaluate --data portraits -m compact-matting -m my-net.onnx --html table.html
  $ latent-matte evaluate --data portraits --html table.html --resume
  $ latent-matte evaluate --data portraits -m compact-matting --judge rvm --judge sinet
  $ latent-matte evaluate --plain --data real/ppm -m portrait-matte -m mediapipe-selfie
  $ latent-matte evaluate --data portraits --preset paper --ablate losses,latents

Ctrl-C prints what was measured so far (exit code 130); --resume goes on from there.`,
    )
    .action(actions.evaluate);
}
