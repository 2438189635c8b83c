import { Command } from 'commander';
import { addCompletion } from './completion/add-completion';
import { addConvertCommand, type ConvertActions } from './convert/grammar';
import { addCutOutCommand, type CutOutActions } from './cut-out/grammar';
import { addDatasetCommand, type DatasetActions } from './dataset/grammar';
import { addDoctorCommand, type DoctorActions } from './doctor/grammar';
import { addEnhanceCommand, type EnhanceActions } from './enhance/grammar';
import { addEvaluateCommand, type EvaluateActions } from './evaluate/grammar';
import { addFineTuneCommand, type FineTuneActions } from './fine-tune/grammar';
import { advancedHelp } from './flags/advanced-help';
import { addGenerateCommand, type GenerateActions } from './generate/grammar';
import { addInvertCommand, type InvertActions } from './invert/grammar';
import { addModelsCommand, type ModelsActions } from './models/grammar';
import { addQueueCommand, type QueueActions } from './queue/grammar';
import { addReproduceCommand, type ReproduceActions } from './reproduce/grammar';
import { addServeCommand, type ServeActions } from './serve/grammar';
import type { Terminal } from './terminal/terminal';
import { versions } from './version';
import { addWorkerCommand, type WorkerActions } from './worker/grammar';

/** What the commands do. */
export interface CommandActions
  extends EnhanceActions,
    CutOutActions,
    ServeActions,
    EvaluateActions,
    DatasetActions,
    FineTuneActions,
    InvertActions,
    ReproduceActions,
    GenerateActions,
    WorkerActions,
    QueueActions,
    ConvertActions,
    ModelsActions,
    DoctorActions {}

const THIS_MACHINE = 'Models and this machine:';

/** The grammar of the command line: names, defaults, help. It does nothing by itself. */
export function createProgram(terminal: Terminal, actions: CommandActions): Command {
  const program = new Command('latent-matte')
    .description(
      'Cuts people out of photos, and makes portraits easier to cut out: searches for a version of the photo that ' +
        'looks the same to a person and that a matting model cuts out better.',
    )
    .version(versions['latent-matte'], '-V, --version', 'print the version')
    .option('--verbose', 'print stacks with errors (also: DEBUG=1)')
    .helpOption('-h, --help', 'print help')
    .addHelpCommand(
      new Command('help')
        .argument('[command]')
        .description('print help for a command')
        .helpGroup(THIS_MACHINE),
    )
    .showHelpAfterError('(add --help for the options)')
    .configureHelp({ showGlobalOptions: true, ...advancedHelp })
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      writeErr: (text) => terminal.note(text.trimEnd()),
    })
    .exitOverride()
    .addHelpText(
      'after',
      `
Examples:
  $ latent-matte cut-out photo.jpg
  $ latent-matte enhance photo.jpg --out results
  $ latent-matte evaluate --data portraits --limit 10
  $ latent-matte doctor`,
    );

  // Sub-commands copy output and exit settings when they are made, so the settings above come first.
  program.commandsGroup('Photos:');
  addCutOutCommand(program, actions);
  addEnhanceCommand(program, actions);
  addServeCommand(program, actions);
  program.commandsGroup('Measure:');
  addEvaluateCommand(program, actions);
  addDatasetCommand(program, actions);
  addReproduceCommand(program, actions);
  program.commandsGroup('Train:');
  addFineTuneCommand(program, actions);
  addInvertCommand(program, actions);
  addGenerateCommand(program, actions);
  addWorkerCommand(program, actions);
  addQueueCommand(program, actions);
  program.commandsGroup(THIS_MACHINE);
  addModelsCommand(program, actions);
  addConvertCommand(program, actions);
  addDoctorCommand(program, actions);
  addCompletion(program);
  return program;
}
