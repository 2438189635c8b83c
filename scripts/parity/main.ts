import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { activateBackend } from './backend';
import { fixtureChecks } from './checks';
import { canCheckFormat, checkFormat, type FormatManifest } from './checks/formats';
import { Fixture } from './fixture';
import { type Measurement, type PendingMeasurement, severity } from './measurement';

const usage = `pnpm parity --fixtures DIR [--only ITEM[,ITEM]] [--backend NAME] [--verbose]

Recomputes every fixture in DIR through the packages and compares it with the stored reference.

  --fixtures DIR   folder of *.safetensors and formats/manifest.json
  --only ITEMS     only these items; a group such as "formats" stands for all of its items
  --backend NAME   wasm (default), cpu, or a device of useNodeBackend: tensorflow, webgpu
  --verbose        print every measurement, and the tensors no check looks at

Prints "item | max abs error | tolerance | ok" per item: the measurement that comes closest to its tolerance,
or exceeds it most. The last column is ok, FAIL, missing (not implemented, in whole or in part) or
unknown (no such item).
Exits with 1 unless every row is ok.`;

/** One row to compute. `run` is absent when no check is implemented. */
interface Item {
  readonly name: string;
  readonly needsBackend: boolean;
  readonly run?: () => PendingMeasurement[] | Promise<PendingMeasurement[]>;
  /** Stored tensors the check has not looked at. */
  readonly unused: () => string[];
}

function listItems(folder: string): Item[] {
  const items = readdirSync(folder)
    .filter((file) => file.endsWith('.safetensors'))
    .sort()
    .map((file): Item => {
      const fixture = new Fixture(
        new Uint8Array(readFileSync(join(folder, file))),
        basename(file, '.safetensors'),
      );
      const check = fixtureChecks.find(({ items }) => items.test(fixture.item));
      return {
        name: fixture.item,
        needsBackend: check?.needsBackend ?? false,
        ...(check && { run: () => check.run(fixture, { folder }) }),
        unused: () => fixture.unused,
      };
    });
  const manifestPath = join(folder, 'formats', 'manifest.json');
  if (!existsSync(manifestPath)) return items;
  const manifest = JSON.parse(readFileSync(manifestPath, 'utf8')) as FormatManifest;
  const formats = manifest.files.map(
    (entry): Item => ({
      name: `formats/${entry.file}`,
      needsBackend: false,
      ...(canCheckFormat(entry) && { run: () => checkFormat(entry, manifest, folder) }),
      unused: () => [],
    }),
  );
  return [...items, ...formats];
}

function printRow(name: string, worst: Measurement | undefined, state: string): void {
  const number = (value: number | undefined) =>
    value === undefined ? '-' : value === 0 ? '0' : value.toExponential(2);
  console.log(`${name} | ${number(worst?.error)} | ${number(worst?.tolerance)} | ${state}`);
}

/** Computes and prints one row. Returns whether it is ok. */
async function report(item: Item, verbose: boolean): Promise<boolean> {
  if (item.run === undefined) {
    printRow(item.name, undefined, 'missing');
    return false;
  }
  let measurements: Measurement[];
  try {
    measurements = await Promise.all(await item.run());
    if (measurements.length === 0) throw new Error('the check compared nothing');
  } catch (error) {
    printRow(item.name, undefined, 'FAIL');
    console.error(`  ${error instanceof Error ? (verbose ? error.stack : error.message) : error}`);
    return false;
  }
  const missing = measurements.filter((measurement) => measurement.missing);
  const computed = measurements.filter((measurement) => !measurement.missing);
  const [worst] = [...computed].sort((a, b) => severity(b) - severity(a));
  const failed = computed.filter((measurement) => !(severity(measurement) <= 1));
  const state = failed.length > 0 ? 'FAIL' : missing.length > 0 ? 'missing' : 'ok';
  printRow(item.name, worst, state);
  const notes = new Set(measurements.flatMap(({ note }) => (note === undefined ? [] : [note])));
  for (const note of notes) console.log(`  ${note}`);
  for (const { name, error, tolerance } of verbose ? computed : failed) {
    console.error(`  ${name}: ${error.toExponential(2)}, tolerance ${tolerance.toExponential(2)}`);
  }
  for (const { name } of missing) console.error(`  not implemented: ${name}`);
  const unused = item.unused();
  if (verbose && unused.length > 0) console.error(`  not compared: ${unused.join(', ')}`);
  return state === 'ok';
}

/** @returns the exit code. */
export async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    // `pnpm parity -- --fixtures DIR` passes the separator on.
    args: args.filter((argument) => argument !== '--'),
    options: {
      fixtures: { type: 'string' },
      only: { type: 'string' },
      backend: { type: 'string', default: 'wasm' },
      verbose: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help || values.fixtures === undefined || !existsSync(values.fixtures)) {
    if (!values.help)
      console.error(`No such folder: ${values.fixtures ?? '--fixtures is missing'}`);
    console.error(usage);
    return values.help ? 0 : 1;
  }
  const items = listItems(values.fixtures);
  const wanted = values.only?.split(',').map((name) => name.trim());
  const matches = (item: Item, name: string) =>
    item.name === name || item.name.startsWith(`${name}/`);
  const selected = items.filter((item) => wanted?.some((name) => matches(item, name)) ?? true);
  const unknown = (wanted ?? []).filter((name) => !items.some((item) => matches(item, name)));

  if (selected.some(({ needsBackend }) => needsBackend)) await activateBackend(values.backend);
  console.log('item | max abs error | tolerance | ok');
  let ok = 0;
  for (const item of selected) if (await report(item, values.verbose)) ok++;
  for (const name of unknown) printRow(name, undefined, 'unknown');
  const total = selected.length + unknown.length;
  console.error(`${ok} of ${total} ok`);
  return ok === total && total > 0 ? 0 : 1;
}
