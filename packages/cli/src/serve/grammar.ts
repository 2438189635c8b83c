import type { Command } from 'commander';
import { addDeviceFlag, type DeviceFlag } from '../flags/device';
import { nonNegative, positiveInteger, positiveSeconds } from '../flags/parse';
import { addDescribeOption } from '../model-choice/model-choice-options';

export interface ServeCommandOptions extends DeviceFlag {
  readonly host: string;
  /** 0: one that is free. */
  readonly port: number;
  readonly model?: string;
  /** Of `model`, where that is a file. */
  readonly describe?: readonly string[];
  readonly maxBytes: number;
  readonly maxWaiting: number;
  /** How long a request may take to arrive, and the answer to be read. */
  readonly seconds: number;
  /** How long a photo may wait and be worked on. */
  readonly jobSeconds: number;
  /** Photos at the same time. */
  readonly workers: number;
}

export interface ServeActions {
  serve(options: ServeCommandOptions): Promise<void>;
}

/** `latent-matte serve`. */
export function addServeCommand(program: Command, actions: ServeActions): void {
  const command = program
    .command('serve')
    .description('cut people out over HTTP: POST a photo to /cut-out')
    .option('--port <number>', 'where it listens; 0: any free port', nonNegative, 7000)
    .option('--host <address>', 'who can reach it', '127.0.0.1')
    .option('-m, --model <name>', 'matting model, or its file (default: portrait-matte)')
    .option('--max-bytes <count>', 'largest request', positiveInteger, 20_000_000)
    .option('--max-waiting <count>', 'photos that may wait for a thread', nonNegative, 8)
    .option('--seconds <seconds>', 'how long a request may take to arrive', positiveSeconds, 30)
    .option(
      '--job-seconds <seconds>',
      'how long a photo may wait and be cut out',
      positiveSeconds,
      60,
    )
    .option('--workers <count>', 'photos at the same time, each on a thread', positiveInteger, 1);
  addDescribeOption(command);
  addDeviceFlag(command).action(actions.serve);
}
