import type { Command } from 'commander';

export interface QueueCommandOptions {
  readonly queue: string;
  readonly name?: string;
  readonly json?: true;
}

export interface QueueActions {
  queueStatus(options: QueueCommandOptions): Promise<void>;
}

/** `latent-matte queue`. */
export function addQueueCommand(program: Command, actions: QueueActions): void {
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
