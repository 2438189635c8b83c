import type { NodeDevice } from '@latent-matte/backend-node';
import { type Command, Option } from 'commander';
import { RUNNING } from './advanced-help';

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
