import { type Command, Option } from 'commander';
import { type DatasetLayout, datasetLayouts } from '../data/dataset';

export interface DatasetCheckOptions {
  readonly layout: DatasetLayout;
  readonly json?: true;
}

export interface DatasetActions {
  checkDataset(folder: string, options: DatasetCheckOptions): Promise<void>;
}

/** `latent-matte dataset check`. */
export function addDatasetCommand(program: Command, actions: DatasetActions): void {
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
