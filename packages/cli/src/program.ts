import type { LossWeights, NodeDevice, PresetName } from '@latent-matte/backend-node';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Terminal } from './terminal';
import { versions } from './version';

/** Options that both `enhance` and `evaluate` pass to `enhancePortrait`. */
export interface EnhanceFlags {
  readonly trimap?: string;
  readonly generator?: string;
  readonly preset?: PresetName;
  readonly steps?: number;
  readonly seed?: number;
  readonly workingSize?: number;
  readonly minPsnr?: number;
  readonly weight: Partial<LossWeights>;
  readonly background: readonly string[];
  readonly device: NodeDevice;
  readonly json?: true;
}

export interface EnhanceCommandOptions extends EnhanceFlags {
  readonly out: string;
  readonly reference?: string;
}

export interface EvaluateCommandOptions extends Omit<EnhanceFlags, 'trimap'> {
  readonly data: string;
  readonly reference: readonly string[];
  readonly trimap: 'predicted' | 'given';
  readonly trimapModel?: string;
  readonly limit?: number;
}

export interface DoctorCommandOptions {
  readonly json?: true;
}

export interface CommandActions {
  enhance(photos: string[], options: EnhanceCommandOptions): Promise<void>;
  evaluate(options: EvaluateCommandOptions): Promise<void>;
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
    .requiredOption('-o, --out <folder>', 'where the result folders go, one per photo')
    .option('-r, --reference <name>', 'matting model to enhance for (default: compact)')
    .option('--trimap <name>', 'trimap model (default: compact)');
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

  const evaluate = program
    .command('evaluate')
    .description(
      'measure what enhancement does to the mattes of a model, over a folder with true mattes',
    )
    .requiredOption('-d, --data <folder>', 'folder with image/, alpha/ and, optionally, trimap/')
    .option(
      '-r, --reference <name>',
      'matting model to judge, repeatable (default: compact)',
      collect,
      [],
    )
    .addOption(
      new Option(
        '--trimap <source>',
        'trimap the model is judged with: predicted on each version, or given in trimap/',
      )
        .choices(['predicted', 'given'])
        .default('predicted'),
    )
    .option('--trimap-model <name>', 'trimap model (default: compact)');
  addEnhanceOptions(evaluate)
    .option('--limit <count>', 'only the first so many pictures, by name', positiveInteger)
    .option('--json', 'print JSON, with a row per picture (shape: see the README)')
    .addHelpText(
      'after',
      `
Grad, Conn, MSE and SAD are measured where trimap/ says unknown, or everywhere without it.
Files belong together by name: image/a.jpg, alpha/a.png, trimap/a.png.

Examples:
  $ latent-matte evaluate --data portraits
  $ latent-matte evaluate --data portraits --trimap given --limit 10 --json > table.json
  $ latent-matte evaluate --data portraits -r compact -r my-model

Ctrl-C prints what was measured so far (exit code 130).`,
    )
    .action(actions.evaluate);

  program
    .command('doctor')
    .description('say what works here: devices, and models with their licences')
    .option('--json', 'print JSON')
    .action(actions.doctor);
  return program;
}

function addEnhanceOptions(command: Command): Command {
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
      new Option('--device <name>', 'what computes: native (tfjs-node), wasm or cpu')
        .choices(['auto', 'native', 'wasm', 'cpu'])
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

function lossWeight(text: string, earlier: Partial<LossWeights>): Partial<LossWeights> {
  const [name, value] = text.split('=');
  const term = terms.find((known) => known === name);
  if (term === undefined || value === undefined) {
    throw new InvalidArgumentError(`Give TERM=NUMBER with one of ${terms.join(', ')}.`);
  }
  return { ...earlier, [term]: nonNegative(value) };
}

const collect = (value: string, earlier: string[]): string[] => [...earlier, value];

function nonNegative(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0) {
    throw new InvalidArgumentError('Give a number ≥ 0.');
  }
  return value;
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('Give a whole number ≥ 0.');
  return Number(text);
}

function positiveInteger(text: string): number {
  const value = wholeNumber(text);
  if (value === 0) throw new InvalidArgumentError('Give a whole number ≥ 1.');
  return value;
}
