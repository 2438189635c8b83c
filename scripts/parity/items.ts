import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fixtureChecks } from './checks';
import { canCheckFormat, checkFormat, type FormatManifest } from './checks/formats';
import { Fixture } from './fixture';
import { type Measurement, type PendingMeasurement, severity } from './measurement';

/** One row to compute. `run` is absent when no check is implemented. */
export interface Item {
  readonly name: string;
  readonly needsBackend: boolean;
  readonly run?: () => PendingMeasurement[] | Promise<PendingMeasurement[]>;
  /** Stored tensors the check has not looked at. */
  readonly unused: () => string[];
}

/** Every item of a folder, sorted by name. */
export function listItems(folder: string): Item[] {
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

/** What came of one item. */
export interface Outcome {
  readonly state: 'ok' | 'FAIL' | 'missing';
  /** The measurement that comes closest to its tolerance, or exceeds it most. */
  readonly worst?: Measurement | undefined;
  readonly computed: readonly Measurement[];
  readonly failed: readonly Measurement[];
  /** Parts that no public code computes yet. */
  readonly missing: readonly Measurement[];
  readonly notes: readonly string[];
  /** What the check threw. */
  readonly error?: unknown;
}

const nothing = { computed: [], failed: [], missing: [], notes: [] } as const;

/** Computes one item. What its check throws is a failure of the item. */
export async function measureItem(item: Item): Promise<Outcome> {
  if (item.run === undefined) return { ...nothing, state: 'missing' };
  let measurements: Measurement[];
  try {
    measurements = await Promise.all(await item.run());
    if (measurements.length === 0) throw new Error('the check compared nothing');
  } catch (error) {
    return { ...nothing, state: 'FAIL', error };
  }
  const missing = measurements.filter((measurement) => measurement.missing);
  const computed = measurements.filter((measurement) => !measurement.missing);
  const [worst] = [...computed].sort((a, b) => severity(b) - severity(a));
  const failed = computed.filter((measurement) => !(severity(measurement) <= 1));
  const state = failed.length > 0 ? 'FAIL' : missing.length > 0 ? 'missing' : 'ok';
  const notes = [
    ...new Set(measurements.flatMap(({ note }) => (note === undefined ? [] : [note]))),
  ];
  return { state, worst, computed, failed, missing, notes };
}
