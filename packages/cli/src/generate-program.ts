import type { LossWeights, NodeDevice, QualityLimits } from '@latent-matte/backend-node';
import { type Command, Option } from 'commander';
import { addBackgroundOptions, type BackgroundFlags } from './background-flags';
import { numberPerName, positive, positiveInteger, wholeNumber } from './enhance-flags';
import { addModelChoiceOptions, type ModelChoiceFlags } from './model-choice/model-choice-options';

/** At most this many are drawn from a folder: they are kept in memory. */
export const GENERATE_BACKGROUNDS = 32;

export interface GenerateCommandOptions extends BackgroundFlags, ModelChoiceFlags {
  readonly count: number;
  readonly out: string;
  readonly seed?: number;
  readonly start?: number;
  readonly generator: string;
  readonly reference: readonly string[];
  readonly trimap?: string;
  readonly discriminator?: string;
  readonly foreground?: string;
  readonly steps?: number;
  readonly learningRate?: number;
  readonly truncation?: number;
  readonly noise?: 'random' | 'generator';
  readonly portrait?: 'initial' | 'enhanced';
  readonly label?: 'refined' | 'plain';
  readonly optimize?: 'both' | 'styles' | 'noise';
  readonly lossSize?: number;
  readonly weight: Partial<Pick<LossWeights, 'entropy' | 'compositional'>>;
  readonly limit: Partial<QualityLimits>;
  /** `--no-gate` */
  readonly gate: boolean;
  /** `--no-latents` */
  readonly latents: boolean;
  readonly keepEnhanced?: true;
  readonly keepRejected?: true;
  readonly batch?: number;
  readonly workers?: number;
  readonly device: NodeDevice;
  readonly queue?: string;
  readonly name?: string;
  readonly range?: number;
  readonly detach?: true;
  readonly json?: true;
}

export interface WorkerCommandOptions extends BackgroundFlags {
  readonly queue: string;
  readonly out: string;
  readonly name?: string;
  readonly concurrency?: number;
  readonly batch?: number;
  readonly lockSeconds?: number;
  readonly exitWhenDone?: true;
}

export interface QueueCommandOptions {
  readonly queue: string;
  readonly name?: string;
  readonly json?: true;
}

export interface GenerateActions {
  generate(options: GenerateCommandOptions): Promise<void>;
  worker(options: WorkerCommandOptions): Promise<void>;
  queueStatus(options: QueueCommandOptions): Promise<void>;
}

const limits = [
  'maxEntropy',
  'minCoverage',
  'maxCoverage',
  'maxUnknown',
  'minLargestPart',
  'maxContradiction',
  'maxDisagreement',
] as const satisfies (keyof QualityLimits)[];

/** `latent-matte generate`, `worker` and `queue`. */
export function addGenerateCommands(program: Command, actions: GenerateActions): void {
  addGenerateCommand(program, actions);
  const worker = program
    .command('worker')
    .description('make pairs that `generate --queue` has asked for, until it is stopped')
    .requiredOption('--queue <url>', 'redis://HOST:PORT, as given to generate')
    .requiredOption(
      '-o, --out <folder>',
      'the folder or s3://BUCKET/PREFIX that generate was given',
    )
    .option('--name <name>', 'which queue of that Redis (default: latent-matte-generate)')
    .option('--concurrency <count>', 'threads that make pairs (default: 1)', positiveInteger)
    .option('--batch <count>', 'portraits optimised at a time on wasm and cpu', positiveInteger)
    .option(
      '--lock-seconds <seconds>',
      'a worker that is silent for so long is taken for dead (default: 30)',
      positive,
    )
    .option('--exit-when-done', 'end when nothing is left to do');
  addBackgroundOptions(worker, GENERATE_BACKGROUNDS)
    .addHelpText(
      'after',
      `
Start as many as you like, on any machines that see the same Redis and the same folder or bucket. A worker may be killed
at any time: what it was at is made by another one. Give it the --background pictures of the run, if it has some. Ctrl-C and SIGTERM stop it within a step, and give back its work.

Examples:
  $ latent-matte worker --queue redis://10.0.0.5:6379 --out /mnt/pairs
  $ latent-matte worker --queue redis://10.0.0.5:6379 --out s3://pairs/run-1 --concurrency 4`,
    )
    .action(actions.worker);

  const queue = program
    .command('queue')
    .description('what the workers of `generate --queue` are doing')
    .addHelpText(
      'after',
      '\nExamples:\n  $ latent-matte queue status --queue redis://10.0.0.5:6379',
    );
  queue
    .command('status')
    .description('progress, rate, and what failed and why')
    .requiredOption('--queue <url>', 'redis://HOST:PORT')
    .option('--name <name>', 'which queue of that Redis (default: latent-matte-generate)')
    .option('--json', 'print JSON')
    .action(actions.queueStatus);
}

function addGenerateCommand(program: Command, actions: GenerateActions): void {
  const generate = program
    .command('generate')
    .description('make portraits with pseudo ground truth, to train matting models with')
    .requiredOption('--count <pairs>', 'how many pairs, rejected ones counted', positiveInteger)
    .requiredOption('-o, --out <folder>', 'where they go: a folder, or s3://BUCKET/PREFIX')
    .option('--seed <number>', 'seed of every random choice (default: 0)', wholeNumber)
    .option('--start <index>', 'index of the first pair (default: 0)', wholeNumber)
    .option('--generator <name>', 'generator that invents portraits', 'compact-generator')
    .option('--trimap <name|file>', 'trimap model (default: compact-trimap)')
    .option('--discriminator <name>', 'discriminator (default: compact-discriminator)')
    .option('--foreground <name>', 'foreground estimator (default: multi-level)')
    .option('--steps <count>', 'optimisation steps (default: 500)', wholeNumber)
    .option('--learning-rate <number>', "Adam's step size (default: 1e-4)", positive)
    .option('--truncation <number>', 'ψ of the mapping network, (0, 1] (default: 0.7)', positive)
    .addOption(
      new Option('--noise <source>', 'noise maps: drawn, or those of the generator').choices([
        'random',
        'generator',
      ]),
    )
    .addOption(
      new Option('--portrait <which>', 'what alpha is paired with (default: initial)').choices([
        'initial',
        'enhanced',
      ]),
    )
    .addOption(
      new Option(
        '--label <how>',
        'the alpha: refined over views and colours, or the plain answer (default: refined)',
      ).choices(['refined', 'plain']),
    )
    .addOption(
      new Option('--optimize <latents>', 'which latents move (default: both)').choices([
        'both',
        'styles',
        'noise',
      ]),
    )
    .option('--loss-size <pixels>', 'longest side at which the losses look', positiveInteger)
    .option(
      '--weight <term=value>',
      'weight of entropy or compositional, repeatable (default: 1; 0 = off)',
      numberPerName(['entropy', 'compositional'] as const, 'TERM'),
      {},
    )
    .option(
      '--limit <name=value>',
      `limit of the quality gate, repeatable: ${limits.join(', ')}`,
      numberPerName(limits, 'LIMIT'),
      {},
    )
    .option('--no-gate', 'accept every pair')
    .option('--no-latents', 'do not write the latents, the largest of the files')
    .option('--keep-enhanced', 'also write the optimised portrait')
    .option('--keep-rejected', 'also write the pictures of rejected pairs')
    .option('--batch <count>', 'portraits optimised at a time (default: 1)', positiveInteger)
    .option('--workers <count>', 'threads that make pairs (default: 1)', positiveInteger)
    .addOption(
      new Option('--device <name>', 'what computes; "latent-matte doctor" tells what works here')
        .choices(['auto', 'cuda', 'webgpu', 'native', 'wasm', 'cpu'])
        .default('auto'),
    )
    .option('--queue <url>', 'redis://HOST:PORT: let `latent-matte worker` make them, anywhere')
    .option('--name <name>', 'which queue of that Redis (default: latent-matte-generate)')
    .option('--range <pairs>', 'pairs in one job of the queue (default: 16)', positiveInteger)
    .option('--detach', 'with --queue: do not wait for the workers')
    .option('--json', 'print the result as JSON');
  addModelChoiceOptions(generate, { many: true });
  addBackgroundOptions(generate, GENERATE_BACKGROUNDS)
    .addHelpText(
      'after',
      `
In OUT/: manifest.jsonl, a line for each pair; 00000/image/00000042.png and the same in alpha/ trimap/ latents/, a
thousand pairs a folder; generation.json, the settings. The same command goes on where it was stopped or killed, and a
larger --count adds pairs. Equal settings give equal bytes, whatever --workers or --queue.

Examples:
  $ latent-matte generate --count 10000 --seed 1 --out pairs
  $ latent-matte generate --count 1000 --out pairs --model compact-matting --model gca --workers 4
  $ latent-matte generate --count 10000 --out s3://pairs/run-1 --queue redis://10.0.0.5:6379

Exit codes: 0 all done, 1 an error, 130 stopped with Ctrl-C (nothing half-written is left behind).`,
    )
    .action(actions.generate);
}
