import type { NodeDevice } from '@latent-matte/backend-node';
import { type Command, Option } from 'commander';

export interface DeviceFlag {
  readonly device: NodeDevice;
}

/** Adds the option of {@link DeviceFlag}. */
export const addDeviceFlag = (command: Command): Command =>
  command.addOption(
    new Option('--device <name>', 'what computes; "latent-matte doctor" tells what works here')
      .choices(['auto', 'cuda', 'webgpu', 'native', 'wasm', 'cpu'] satisfies NodeDevice[])
      .default('auto' satisfies NodeDevice),
  );
