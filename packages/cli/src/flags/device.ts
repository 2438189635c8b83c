import type { NodeDevice } from '@latent-matte/backend-node';
import { type Command, Option } from 'commander';
import { RUNNING } from './advanced-help';
import { positiveInteger } from './parse';

export interface DeviceFlag {
  readonly device: NodeDevice;
}

/** Adds the option of {@link DeviceFlag}. What is added after it is about running, too. */
export const addDeviceFlag = (command: Command): Command =>
  command
    .optionsGroup(RUNNING)
    .addOption(
      new Option('--device <name>', 'what computes; "latent-matte doctor" tells what works here')
        .choices(['auto', 'cuda', 'webgpu', 'native', 'wasm', 'cpu'] satisfies NodeDevice[])
        .default('auto' satisfies NodeDevice),
    );

export interface ThreadsFlag {
  /** Of `wasm`. Default: one for each idle core where one photo is worked on at a time, else 1. */
  readonly threads?: number;
}

/** Adds the option of {@link ThreadsFlag}, after {@link addDeviceFlag}. */
export const addThreadsFlag = (command: Command): Command =>
  command.option(
    '--threads <count>',
    'threads of wasm for one photo (default: one per idle core, at most 4; 1 in each of several workers)',
    positiveInteger,
  );
