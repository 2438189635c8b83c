import { InvalidOptionError } from '@latent-matte/core';
import { hashOf, settingsDifferences } from '@latent-matte/files/settings-differences';
import { z } from 'zod';
import { describeIssues } from './describe-issues';
import { type RunSettings, runSettingsSchema } from './generate-settings';
import type { ObjectStore } from './object-store';

export const HEADER = 'generation.json';
export const MANIFEST = 'manifest.jsonl';
const MAX_HEADER_BYTES = 1e6;

const headerSchema = z.strictObject({
  tool: z.literal('latent-matte'),
  kind: z.literal('generated-pairs'),
  schema: z.literal(1),
  run: z.string().regex(/^[0-9a-f]{64}$/),
  settings: runSettingsSchema,
});

/** Writes which run a store holds. */
export async function putHeader(
  store: ObjectStore,
  run: string,
  settings: RunSettings,
): Promise<void> {
  const header = { tool: 'latent-matte', kind: 'generated-pairs', schema: 1, run, settings };
  await store.put(HEADER, `${JSON.stringify(header, null, 2)}\n`);
}

/** Whether every line of a manifest is of one run; none is of every run. */
function isOfRun(manifest: Uint8Array, run: string): boolean {
  const lines = new TextDecoder().decode(manifest).trimEnd().split('\n');
  return lines.every((line) => line === '' || line.includes(`"run":"${run}"`));
}

/**
 * The settings of the run that a store holds; undefined where it holds none.
 *
 * @param run a manifest of this run may have lost its header
 * @throws InvalidOptionError something that is no run
 */
export async function readHeader(
  store: ObjectStore,
  run?: string,
): Promise<RunSettings | undefined> {
  const size = await store.size(HEADER);
  if (size === undefined) {
    const manifest = await store.get(MANIFEST);
    if (manifest === undefined || (run !== undefined && isOfRun(manifest, run))) return undefined;
    throw foreign(store.description, `a ${MANIFEST} without ${HEADER}`);
  }
  if (size > MAX_HEADER_BYTES) throw foreign(store.description, `a ${HEADER} of ${size} bytes`);
  const content = await store.get(HEADER);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(content));
  } catch {
    throw foreign(store.description, `a ${HEADER} that is no JSON`);
  }
  const { data, error } = headerSchema.safeParse(value);
  if (data === undefined) {
    throw foreign(store.description, `a ${HEADER} of another kind (${describeIssues(error)})`);
  }
  if (data.run !== hashOf(data.settings)) {
    throw foreign(store.description, `a ${HEADER} that was changed by hand`);
  }
  return data.settings;
}

/** @throws InvalidOptionError pairs of other settings cannot be continued */
export function assertSameSettings(where: string, earlier: RunSettings, now: RunSettings): void {
  const differences = settingsDifferences(earlier, now);
  if (differences.length === 0) return;
  throw new InvalidOptionError(
    `${where} holds pairs that were made with other settings: ${differences.slice(0, 6).join('; ')}.`,
    'Give the same options as then, or another --out.',
  );
}

const foreign = (where: string, what: string): InvalidOptionError =>
  new InvalidOptionError(`${where} holds ${what}.`, 'Give another --out.');
