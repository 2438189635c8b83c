import { BackendError } from '../../errors';
import { type Activation, isRefusal, type Refusal } from './activation';

/** What a platform has to compute with. */
export interface DeviceDriver<Device extends string> {
  /** In order of preference. */
  readonly devices: readonly Device[];
  /** What brings a device that is not there. */
  readonly remedies: Readonly<Record<Device, string>>;
  /**
   * Makes a device tfjs's backend, and lets it prove itself.
   * @param asked by its name: also one that `auto` passes by
   */
  activate(device: Device, asked: boolean): Promise<Activation | Refusal>;
}

export interface ChosenDevice<Device extends string> {
  readonly device: Device;
  readonly activation: Activation;
  /** One line for people: device, version, and why it was chosen. */
  readonly description: string;
}

/**
 * Starts the device that was asked for, or the fastest that works.
 *
 * @param from `auto` begins with this one: the device that was lost
 * @throws BackendError it, or every one, cannot be used
 */
export async function chooseDevice<Device extends string>(
  asked: Device | 'auto',
  driver: DeviceDriver<Device>,
  from: Device = driver.devices[0]!,
): Promise<ChosenDevice<Device>> {
  return asked === 'auto' ? await fastestThatWorks(driver, from) : await exactly(asked, driver);
}

async function exactly<Device extends string>(
  device: Device,
  driver: DeviceDriver<Device>,
): Promise<ChosenDevice<Device>> {
  const outcome = await driver.activate(device, true);
  if (isRefusal(outcome)) {
    throw new BackendError(
      `The device "${device}" cannot be used: ${outcome.refused}.`,
      outcome.remedy ?? driver.remedies[device],
      { cause: outcome.cause },
    );
  }
  return { device, activation: outcome, description: `${device}: ${outcome.detail}; as asked` };
}

async function fastestThatWorks<Device extends string>(
  driver: DeviceDriver<Device>,
  from: Device,
): Promise<ChosenDevice<Device>> {
  const refusals: string[] = [];
  let last: Refusal | undefined;
  for (const device of driver.devices.slice(driver.devices.indexOf(from))) {
    const outcome = await driver.activate(device, false);
    if (isRefusal(outcome)) {
      refusals.push(`no ${device}: ${outcome.refused}`);
      last = outcome;
    } else if (outcome.software) {
      refusals.push(`no ${device}: ${outcome.detail} computes in software, slower than wasm`);
      outcome.dispose?.();
    } else {
      const why = refusals.length === 0 ? 'the fastest that works' : refusals.join('; ');
      return {
        device,
        activation: outcome,
        description: `${device}: ${outcome.detail}; ${why}`,
      };
    }
  }
  throw new BackendError(
    `No compute device can be used: ${refusals.join('; ')}.`,
    last?.remedy ?? driver.remedies[driver.devices.at(-1)!],
    { cause: last?.cause },
  );
}
