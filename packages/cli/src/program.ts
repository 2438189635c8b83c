import { Command } from 'commander';
import { addConvertCommand, type ConvertCommandOptions } from './convert-command';
import { addCutOutCommand, type CutOutCommandOptions } from './cut-out-command';
import { addEnhanceOptions, type EnhanceFlags } from './enhance-flags';
import {
  addDatasetCommand,
  addEvaluateCommand,
  type DatasetCheckOptions,
  type EvaluateCommandOptions,
} from './evaluate/evaluate-program';
import { addFineTuneCommand, type FineTuneCommandOptions } from './fine-tune-program';
import { addGenerateCommands, type GenerateActions } from './generate-program';
import { addInvertCommand, type InvertCommandOptions } from './invert-command';
import { addModelChoiceOptions, type ModelChoiceFlags } from './model-choice/model-choice-options';
import { addModelsCommand, type ModelsActions } from './models-command';
import type { Terminal } from './terminal';
import { versions } from './version';

export type { EnhanceFlags } from './enhance-flags';
export type { EvaluateCommandOptions } from './evaluate/evaluate-program';

export interface EnhanceCommandOptions extends EnhanceFlags, ModelChoiceFlags {
  readonly out: string;
  readonly reference?: string;
}

export interface DoctorCommandOptions {
  readonly json?: true;
}

export interface CommandActions extends ModelsActions, GenerateActions {
  enhance(photos: string[], options: EnhanceCommandOptions): Promise<void>;
  cutOut(photo: string, options: CutOutCommandOptions): Promise<void>;
  evaluate(options: EvaluateCommandOptions): Promise<void>;
  convert(input: string, output: string, options: ConvertCommandOptions): Promise<void>;
  invert(photo: string, options: InvertCommandOptions): Promise<void>;
  fineTune(options: FineTuneCommandOptions): Promise<void>;
  checkDataset(folder: string, options: DatasetCheckOptions): Promise<void>;
  doctor(options: DoctorCommandOptions): Promise<void>;
}

/** The grammar of the command line: names, defaults, help. It does nothing by itself. */
export function createProgram(terminal: Terminal, actions: CommandActions): Command {
  const program = new Command('latent-matte')
    .description(
      'Makes a portrait easier to cut out: searches for a version of the photo that looks the same to a\n' +
        'person and that a matting model cuts out better.',
    )
    .version(versions['latent-matte'], '-V, --version', 'print the version')
    .option('--verbose', 'print stacks with errors (also: DEBUG=1)')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
    .showHelpAfterError('(add --help for the options)')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.note(text.trimEnd()),
    })
    .exitOverride()
    .addHelpText(
      'after',
      `
Examples:
  $ latent-matte enhance photo.jpg --out results
  $ latent-matte evaluate --data portraits --limit 10
  $ latent-matte doctor`,
    );

  // Sub-commands copy output and exit settings when they are made, so the settings above come first.
  const enhance = program
    .command('enhance')
    .description('enhance photos; writes a folder with results and a report for each')
    .argument('<photo...>', 'JPEG, PNG, WebP, AVIF or TIFF files')
    .requiredOption('-o, --out <folder>', 'where the result folders go, one per photo');
  addModelChoiceOptions(enhance, { many: false });
  enhance.option('--trimap <name|file>', 'trimap model (default: compact-trimap)');
  addEnhanceOptions(enhance)
    .option('--json', 'print the results as JSON (an array, one entry per photo)')
    .addHelpText(
      'after',
      `
In OUT/NAME/: portrait.png alpha.png foreground.png (cut-out with transparency) alpha-before.png
trimap-before.png trimap-after.png perturbation.png result.json report.html (open it in a browser).

Examples:
  $ latent-matte enhance photo.jpg --out results
  $ latent-matte enhance *.jpg -o results --steps 20 --device wasm
  $ latent-matte enhance photo.jpg -o results --preset paper --background beach.jpg --background wood.jpg

Exit codes: 0 all done, 1 an error, 130 stopped with Ctrl-C (nothing half-written is left behind).`,
    )
    .action(actions.enhance);

  addCutOutCommand(program, actions);
  addEvaluateCommand(program, actions);
  addDatasetCommand(program, actions);
  addFineTuneCommand(program, actions);
  addInvertCommand(program, actions);
  addGenerateCommands(program, actions);
  addConvertCommand(program, actions);
  addModelsCommand(program, actions);

  program
    .command('doctor')
    .description('say what works here: devices, and models with their licences')
    .option('--json', 'print JSON')
    .action(actions.doctor);
  return program;
}
