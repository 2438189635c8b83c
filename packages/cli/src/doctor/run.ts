import { type DeviceReport, listDevices, useNodeBackend } from '@latent-matte/backend-node';
import {
  discriminators,
  foregroundEstimators,
  generators,
  type ModelInfo,
  mattingModels,
  perceptualModels,
  trimapModels,
} from '@latent-matte/backend-node/core';
import type { ListDevicesOptions } from '@latent-matte/backend-node/internal';
import { registerInstalledModels, weightCacheDirectory } from '@latent-matte/backend-node/models';
import * as tf from '@tensorflow/tfjs-core';
import type { Terminal } from '../terminal/terminal';
import { versions } from '../version';
import type { DoctorCommandOptions } from './grammar';

/** How long the speed of each device is measured. */
const MEASURE_SECONDS = 2;

/** A registered part; `problem` instead of `license` when it cannot be made. */
interface ModelReport {
  readonly kind: string;
  readonly name: string;
  readonly license?: string;
  readonly problem?: string;
}

/** `latent-matte doctor`: devices with their speed, or why they cannot be used and the cure; models with licences. */
export async function doctorCommand(
  options: DoctorCommandOptions,
  terminal: Terminal,
  list: (options: ListDevicesOptions) => Promise<DeviceReport[]> = listDevices,
): Promise<void> {
  if (!options.json) terminal.note(`Measuring each device for ${MEASURE_SECONDS} s …`);
  const devices = await list({ measureSeconds: MEASURE_SECONDS });
  // Models need a device; one that crashed its probe would take this process with it.
  await useNodeBackend({ device: devices.some(isWasm) ? 'wasm' : 'cpu' });
  const inUse = describeChoice(devices);
  // What was added takes the place of a name whose package is missing, as in every other command.
  await registerInstalledModels();
  const models = await listModels();
  const cache = weightCacheDirectory();
  if (options.json) {
    const document = {
      tool: 'latent-matte',
      schema: 2,
      versions,
      platform: `${process.platform} ${process.arch}`,
      inUse,
      weightCache: cache,
      devices: devices.map(jsonSafe),
      models,
    };
    terminal.out(JSON.stringify(document, null, 2));
    return;
  }
  terminal.out(
    [
      `latent-matte ${versions['latent-matte']} on Node ${versions.node}, ${process.platform} ${process.arch}`,
      '',
      'Devices',
      ...devices.flatMap(describeDevice),
      `  in use: ${inUse}`,
      '',
      'Models',
      ...models.map(
        ({ kind, name, license, problem }) =>
          `  ${kind.padEnd(13)} ${name.padEnd(20)} ${license ?? `cannot be used: ${problem}`}`,
      ),
      '',
      `Downloaded weights are kept in ${cache}`,
    ].join('\n'),
  );
}

const isWasm = ({ device, available }: DeviceReport): boolean => device === 'wasm' && available;

/** What `--device auto` takes, and why not what is faster. */
function describeChoice(devices: readonly DeviceReport[]): string {
  const place = devices.findIndex(({ available, software }) => available && !software);
  const reasons = devices
    .slice(0, place < 0 ? undefined : place)
    .map(({ device, available, detail }) =>
      available ? `no ${device}: it is emulated, slower than wasm` : `no ${device}: ${detail}`,
    );
  const chosen = devices[place];
  return [chosen === undefined ? 'none' : `${chosen.device}: ${chosen.detail}`, ...reasons].join(
    '; ',
  );
}

function describeDevice(report: DeviceReport): string[] {
  const { device, available, detail, gflops, software, limits, remedy } = report;
  const name = `  ${device.padEnd(7)}`;
  if (!available) return [`${name} no     ${detail}`, `${' '.repeat(17)}${remedy}`];
  const facts = [
    ...(gflops === undefined ? [] : [`${gflops.toPrecision(2)} GFLOPS`]),
    ...(limits === undefined || !Number.isFinite(limits.maxPixels)
      ? []
      : [`portraits up to ${Math.floor(Math.sqrt(limits.maxPixels) / 32) * 32}²`]),
    ...(software ? ['emulated: not chosen by itself'] : []),
  ];
  return [`${name} works  ${detail}${facts.length > 0 ? `; ${facts.join(', ')}` : ''}`];
}

/** JSON knows no Infinity: a limit that is none is left out. */
function jsonSafe({ limits, ...report }: DeviceReport) {
  const finite = Object.entries(limits ?? {}).filter(([, value]) => Number.isFinite(value));
  return { ...report, ...(limits && { limits: Object.fromEntries(finite) }) };
}

async function listModels(): Promise<ModelReport[]> {
  const portrait = tf.zeros<tf.Rank.R4>([1, 64, 64, 3]);
  const matte = tf.zeros<tf.Rank.R4>([1, 64, 64, 1]);
  const context = { image: portrait, matte: async () => matte };
  const kinds: [kind: string, names: string[], make: (name: string) => Promise<ModelInfo>][] = [
    ['matting', mattingModels.names(), (name) => mattingModels.create(name, undefined)],
    ['trimap', trimapModels.names(), (name) => trimapModels.create(name, undefined)],
    ['generator', generators.names(), (name) => generators.create(name, context)],
    ['discriminator', discriminators.names(), (name) => discriminators.create(name, undefined)],
    ['perceptual', perceptualModels.names(), (name) => perceptualModels.create(name, undefined)],
    [
      'foreground',
      foregroundEstimators.names(),
      (name) => foregroundEstimators.create(name, undefined),
    ],
  ];
  const reports: ModelReport[] = [];
  try {
    for (const [kind, names, make] of kinds) {
      for (const name of names) reports.push({ kind, name, ...(await inspect(() => make(name))) });
    }
  } finally {
    portrait.dispose();
    matte.dispose();
  }
  return reports;
}

/** A doctor reports a broken part and looks at the next. */
async function inspect(
  make: () => Promise<ModelInfo>,
): Promise<{ license: string } | { problem: string }> {
  try {
    const model: ModelInfo & { dispose?(): void } = await make();
    model.dispose?.();
    return { license: model.license };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}
