import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { LatentMatteError } from '@latent-matte/core';
import { activateBackend } from './backend';
import { type Item, listItems, measureItem } from './items';
import type { Measurement } from './measurement';

const usage = `pnpm parity --fixtures DIR [--only ITEM[,ITEM]] [--backend NAME] [--verbose]

Recomputes every fixture in DIR through the packages and compares it with the stored reference.

  --fixtures DIR   folder of *.safetensors and formats/manifest.json
  --only ITEMS     only these items; a group such as "formats" stands for all of its items
  --backend NAME   wasm (default), cpu, or a device of useNodeBackend: native, webgpu …
  --verbose        print every measurement, and the tensors no check looks at

Prints "item | max abs error | tolerance | ok" per item: the measurement that comes closest to its tolerance,
or exceeds it most. The last column is ok, FAIL, missing (not implemented, in whole or in part) or
unknown (no such item).
Exits with 1 unless every row is ok.`;

function printRow(name: string, worst: Measurement | undefined, state: string): void {
  const number = (value: number | undefined) =>
    value === undefined ? '-' : value === 0 ? '0' : value.toExponential(2);
  console.log(`${name} | ${number(worst?.error)} | ${number(worst?.tolerance)} | ${state}`);
}

/** Computes and prints one row. Returns whether it is ok. */
async function report(item: Item, verbose: boolean): Promise<boolean> {
  const outcome = await measureItem(item);
  const { state, worst } = outcome;
  printRow(item.name, worst, state);
  if (outcome.error !== undefined) {
    const { error } = outcome;
    console.error(`  ${error instanceof Error ? (verbose ? error.stack : error.message) : error}`);
  }
  for (const note of outcome.notes) console.log(`  ${note}`);
  for (const { name, error, tolerance } of verbose ? outcome.computed : outcome.failed) {
    console.error(`  ${name}: ${error.toExponential(2)}, tolerance ${tolerance.toExponential(2)}`);
  }
  for (const { name } of outcome.missing) console.error(`  not implemented: ${name}`);
  const unused = item.run === undefined || outcome.error !== undefined ? [] : item.unused();
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

  if (selected.some(({ needsBackend }) => needsBackend)) {
    try {
      await activateBackend(values.backend);
    } catch (error) {
      if (!(error instanceof LatentMatteError)) throw error;
      console.error(error.message);
      return 1;
    }
  }
  console.log('item | max abs error | tolerance | ok');
  let ok = 0;
  for (const item of selected) if (await report(item, values.verbose)) ok++;
  for (const name of unknown) printRow(name, undefined, 'unknown');
  const total = selected.length + unknown.length;
  console.error(`${ok} of ${total} ok`);
  return ok === total && total > 0 ? 0 : 1;
}
