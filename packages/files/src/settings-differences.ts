import { sha256Of } from './sha256-of';

/** Settings as plain JSON, by name. */
export type Settings = Readonly<Record<string, unknown>>;

const isRecord = (value: unknown): value is Settings => typeof value === 'object' && value !== null;

/** Keys in alphabetical order, nothing undefined: equal settings are equal text. */
export function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (!isRecord(value)) return value;
  const entries = Object.entries(value).filter(([, part]) => part !== undefined);
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, part]) => [key, canonical(part)]),
  );
}

/** Lower-case hex SHA-256 of settings; equal settings have equal hashes. */
export const hashOf = (settings: Settings): string => sha256Of(JSON.stringify(canonical(settings)));

/** `seed was 1, is 2`, for every setting that differs. */
export function settingsDifferences(earlier: Settings, now: Settings): string[] {
  const before = flatten(earlier);
  const after = flatten(now);
  return [...new Set([...before.keys(), ...after.keys()])]
    .sort()
    .filter((key) => before.get(key) !== after.get(key))
    .map((key) => `${key} was ${before.get(key) ?? 'absent'}, is ${after.get(key) ?? 'absent'}`);
}

/** `weights.entropy` → `0.5`. */
function flatten(value: unknown, path = ''): Map<string, string> {
  if (!isRecord(value)) return new Map([[path, JSON.stringify(value)]]);
  const entries = Object.entries(value).flatMap(([key, part]) => [
    ...flatten(part, path === '' ? key : `${path}.${key}`),
  ]);
  return new Map(entries);
}
