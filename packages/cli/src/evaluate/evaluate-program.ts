import { type Command, Option } from 'commander';
import { addEnhanceOptions, type EnhanceFlags, positiveInteger } from '../enhance-flags';
import { addModelChoiceOptions, type ModelChoiceFlags } from '../model-choice/model-choice-options';
import { type AblationGroup, ablationGroups, defaultAblation, parseAblation } from './ablation';
import { type DatasetLayout, datasetLayouts } from './data/dataset';

export interface EvaluateCommandOptions extends Omit<EnhanceFlags, 'trimap'>, ModelChoiceFlags {
  readonly data: string;
  readonly layout?: DatasetLayout;
  readonly reference: readonly string[];
  readonly trimap: 'predicted' | 'given';
  readonly trimapModel?: string;
  readonly foreground?: string;
  /** A folder to draw backgrounds from. */
  readonly backgrounds?: string;
  /** Default true. */
  readonly ensemble?: boolean;
  readonly ablate?: readonly AblationGroup[];
  readonly limit?: number;
  readonly workers?: number;
  readonly html?: string;
  readonly state?: string;
  readonly resume?: true;
}

export interface DatasetCheckOptions {
  readonly layout: DatasetLayout;
  readonly json?: true;
}

/** `latent-matte evaluate`. */
export function addEvaluateCommand(
  program: Command,
  actions: { evaluate(options: EvaluateCommandOptions): Promise<void> },
): void {
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
    )
    .addOption(
      new Option(
        '--trimap <source>',
        'trimap the model is judged with: predicted on each version, or given in trimap/',
      )
        .choices(['predicted', 'given'])
        .default('predicted'),
    )
    .option('--trimap-model <name|file>', 'trimap model (default: compact-trimap)')
    .option('--foreground <name>', 'foreground estimator (default: multi-level)')
    .option(
      '--backgrounds <folder>',
      'draw 32 backgrounds for the compositional loss from here (MS COCO, or any pictures)',
    )
    .option('--no-ensemble', 'do not measure the ensemble of views without any enhancement')
    .addOption(
      new Option(
        '--ablate [groups]',
        `also run variants, as in the paper's Tables III and IV: ${ablationGroups.join(', ')}`,
      )
        .argParser(parseAblation)
        .preset(defaultAblation.join(',')),
    );
  addModelChoiceOptions(command, { many: true });
  addEnhanceOptions(command)
    .option('--limit <count>', 'only the first so many pictures, by name', positiveInteger)
    .option('--workers <count>', 'pictures at the same time, each on a thread', positiveInteger)
    .option('--html <file>', 'also write a report: tables, plots, best and worst cases')
    .option('--resume', 'go on with an earlier run of the same settings')
    .option('--state <file>', 'what is done so far, for --resume (default: beside --html)')
    .option('--json', 'print JSON, with a row per picture (shape: docs/evaluate.md)')
    .addHelpText(
      'after',
      `
Grad, Conn, MSE and SAD are measured where trimap/ says unknown, or everywhere without it.
Files belong together by name: image/a.jpg, alpha/a.png, trimap/a.png.

Examples:
  $ latent-matte evaluate --data portraits
  $ latent-matte evaluate --data portraits --trimap given --limit 10 --json > table.json
  $ latent-matte evaluate --data portraits -m compact-matting -m my-net.onnx --html table.html
  $ latent-matte evaluate --data portraits --html table.html --resume
  $ latent-matte evaluate --data portraits --preset paper --ablate losses,latents

Ctrl-C prints what was measured so far (exit code 130); --resume goes on from there.`,
    )
    .action(actions.evaluate);
}

/** `latent-matte dataset check`. */
export function addDatasetCommand(
  program: Command,
  actions: { checkDataset(folder: string, options: DatasetCheckOptions): Promise<void> },
): void {
  program
    .command('dataset')
    .description('data sets for evaluate and for backgrounds')
    .command('check')
    .description('say what a folder holds and what is missing; nothing is decoded or downloaded')
    .argument('<folder>')
    .addOption(
      new Option('--layout <name>', 'how the folder should be laid out (docs/evaluate.md)')
        .choices(datasetLayouts)
        .default('triples'),
    )
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ latent-matte dataset check portraits
  $ latent-matte dataset check shen --layout shen

Exit codes: 0 complete, 1 something is missing.`,
    )
    .action(actions.checkDataset);
}
