import {
  type DeviceReport,
  discriminators,
  foregroundEstimators,
  generators,
  listDevices,
  type ModelInfo,
  mattingModels,
  perceptualModels,
  trimapModels,
  useNodeBackend,
} from '@latent-matte/backend-node';
import * as tf from '@tensorflow/tfjs-core';
import type { DoctorCommandOptions } from './program';
import type { Terminal } from './terminal';
import { versions } from './version';

/** A registered part; `problem` instead of `license` when it cannot be made. */
interface ModelReport {
  readonly kind: string;
  readonly name: string;
  readonly license?: string;
  readonly problem?: string;
}

/** `latent-matte doctor`: devices that load, models with their licences. */
export async function doctorCommand(
  options: DoctorCommandOptions,
  terminal: Terminal,
): Promise<void> {
  const devices = await listDevices();
  const backend = await useNodeBackend();
  const models = await listModels();
  if (options.json) {
    terminal.out(
      JSON.stringify({ tool: 'latent-matte', schema: 1, versions, devices, models }, null, 2),
    );
    return;
  }
  terminal.out(
    [
      `latent-matte ${versions['latent-matte']} on Node ${versions.node}, ${process.platform} ${process.arch}`,
      '',
      'Devices',
      ...devices.map(describeDevice),
      `  in use: ${backend.description}`,
      '',
      'Models',
      ...models.map(
        ({ kind, name, license, problem }) =>
          `  ${kind.padEnd(13)} ${name.padEnd(20)} ${license ?? `cannot be used: ${problem}`}`,
      ),
    ].join('\n'),
  );
}

const describeDevice = ({ device, available, detail }: DeviceReport): string =>
  `  ${device.padEnd(7)} ${available ? 'works' : 'no   '}  ${detail}`;

async function listModels(): Promise<ModelReport[]> {
  const portrait = tf.zeros<tf.Rank.R4>([1, 64, 64, 3]);
  const kinds: [kind: string, names: string[], make: (name: string) => Promise<ModelInfo>][] = [
    ['matting', mattingModels.names(), (name) => mattingModels.create(name, undefined)],
    ['trimap', trimapModels.names(), (name) => trimapModels.create(name, undefined)],
    ['generator', generators.names(), (name) => generators.create(name, { image: portrait })],
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
