import type { Command } from 'commander';
import { addBackgroundOptions, type BackgroundFlags } from '../flags/backgrounds';
import { positive, positiveInteger } from '../flags/parse';
import { GENERATE_BACKGROUNDS } from '../generate/grammar';

export interface WorkerCommandOptions extends BackgroundFlags {
  readonly queue: string;
  readonly out: string;
  readonly name?: string;
  readonly concurrency?: number;
  readonly batch?: number;
  readonly lockSeconds?: number;
  readonly exitWhenDone?: true;
}

export interface WorkerActions {
  worker(options: WorkerCommandOptions): Promise<void>;
}

/** `latent-matte worker`. */
export function addWorkerCommand(program: Command, actions: WorkerActions): void {
  const worker = program
    .command('worker')
    .description('make pairs that `generate --queue` has asked for, until it is stopped')
    .requiredOption(
      '--queue <url>',
      'redis://HOST:PORT, as given to generate; its password may stand in LATENT_MATTE_REDIS_PASSWORD',
    )
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
}
