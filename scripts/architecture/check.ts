import { circlesOf } from './circles';
import { coreColumn, leaves, packageColumn, type Room } from './column';
import type { Source } from './read-sources';

/** An arrow between two places and the imports that make it, each as `file → file`. */
export type Arrows = Map<string, Map<string, string[]>>;

export interface Architecture {
  /** Between packages, by folder: code and types, without tests. */
  readonly packages: Arrows;
  /** Between the rooms of each package. */
  readonly rooms: ReadonlyMap<string, Arrows>;
  /** What must not be, a line each; empty when the column stands. */
  readonly offences: readonly string[];
}

/** Tests may import what they like of their package and of test-kit; core's `testing` is published. */
export const isTest = (path: string): boolean =>
  /\.test\.ts$/.test(path) || /^packages\/(?!core\/)[^/]+\/src\/testing\//.test(path);

const packageOf = (path: string): string | undefined => /^packages\/([^/]+)\//.exec(path)?.[1];

/** `ops` of `packages/core/src/ops/resize.ts`, `errors` of `packages/core/src/errors.ts`. */
export const roomOf = (path: string): string =>
  /^packages\/[^/]+\/(?:src\/)?([^/]+?)(?:\.[a-z]+|\/.*)?$/.exec(path)![1]!;

const draw = (arrows: Arrows, from: string, to: string, line: string): void => {
  if (from === to) return;
  const targets = arrows.get(from) ?? new Map<string, string[]>();
  arrows.set(from, targets.set(to, [...(targets.get(to) ?? []), line]));
};

/** Row and place of every room. */
const placesOf = (column: readonly (readonly Room[])[]): Map<string, readonly [number, number]> =>
  new Map(column.flatMap((row, y) => row.map(({ name }, x) => [name, [y, x] as const])));

/** The arrows against a column: to a row below, or to the right within a row. */
function againstColumn(
  what: string,
  arrows: Arrows,
  column: readonly (readonly Room[])[],
): string[] {
  const places = placesOf(column);
  const found: string[] = [];
  for (const [from, targets] of arrows) {
    for (const [to, lines] of targets) {
      const [here, there] = [places.get(from), places.get(to)];
      if (!here || !there) continue;
      const right = there[0] < here[0] || (there[0] === here[0] && there[1] < here[1]);
      if (right) continue;
      found.push(...lines.map((line) => `${what} ${from} → ${to}, against the column: ${line}`));
    }
  }
  return found;
}

/** Circles between rooms or packages, each with an import for every arrow in it. */
const circles = (what: string, arrows: Arrows): string[] =>
  circlesOf(new Map([...arrows].map(([from, to]) => [from, new Set(to.keys())]))).map((circle) => {
    const inside = circle.flatMap((from) =>
      [...(arrows.get(from) ?? [])]
        .filter(([to]) => circle.includes(to))
        .map(([, [line, ...more]]) => line + (more.length > 0 ? ` and ${more.length} more` : '')),
    );
    return [`${what} in a circle: ${circle.join(', ')}`, ...inside].join('\n  ');
  });

/** What `pnpm fuzz` attacks: parsers that no entry of a package shows. */
const ATTACKS = 'scripts/fuzz/targets/';

/** How a package is built is the repository's affair: nothing of it is published. */
const isBuild = (path: string, file: string): boolean =>
  /\/tsup\.config\.ts$/.test(path) && file.startsWith('scripts/');

/** Reads the arrows between files, rooms and packages, and what is wrong with them. */
export function checkArchitecture(
  sources: readonly Source[],
  names: ReadonlyMap<string, string>,
): Architecture {
  const packages: Arrows = new Map();
  const rooms = new Map<string, Arrows>();
  const offences: string[] = [];
  for (const { path, files, names: specifiers } of sources) {
    const own = packageOf(path);
    for (const file of files) {
      const other = packageOf(file);
      if (other !== undefined && other !== own && !path.startsWith(ATTACKS)) {
        offences.push(`relative import into another package: ${path} → ${file}`);
      } else if (own !== undefined && other === undefined && !isBuild(path, file)) {
        offences.push(`relative import out of the package: ${path} → ${file}`);
      }
    }
    if (own === undefined || isTest(path) || /\.config\.ts$/.test(path)) continue;
    const arrows = rooms.get(own) ?? new Map();
    rooms.set(own, arrows);
    for (const specifier of specifiers) {
      const name = [...names.keys()].find((known) => `${specifier}/`.startsWith(`${known}/`));
      if (name !== undefined) draw(packages, own, names.get(name)!, `${path} → ${specifier}`);
    }
    for (const file of files.filter((target) => packageOf(target) === own)) {
      draw(arrows, roomOf(path), roomOf(file), `${path} → ${file}`);
      if (isTest(file)) offences.push(`test code in the product: ${path} → ${file}`);
    }
  }

  const known = placesOf(packageColumn);
  for (const name of rooms.keys()) {
    if (!known.has(name)) offences.push(`packages/${name} has no place in the column`);
  }
  offences.push(
    ...againstColumn('package', packages, packageColumn),
    ...circles('packages', packages),
  );
  for (const [name, arrows] of rooms) offences.push(...circles(`rooms of ${name}`, arrows));

  const core = rooms.get('core') ?? new Map();
  offences.push(...againstColumn('room', core, coreColumn), ...coreOffences(sources));
  const product = sources.filter(({ path }) => !isTest(path));
  offences.push(
    ...circlesOf(new Map(product.map(({ path, files }) => [path, new Set(files)]))).map(
      (circle) => `files in a circle: ${circle.join(', ')}`,
    ),
  );
  return { packages, rooms, offences };
}

/** Rooms of core without a place, and leaves that import. */
function coreOffences(sources: readonly Source[]): string[] {
  const places = placesOf(coreColumn);
  const found = new Set<string>();
  for (const { path, files, names } of sources) {
    if (!path.startsWith('packages/core/src/') || isTest(path)) continue;
    const room = roomOf(path);
    if (!places.has(room)) found.add(`room ${room} has no place in the column of core: ${path}`);
    const allowed = leaves[room];
    if (allowed === undefined) continue;
    for (const name of names.filter((target) => !allowed.includes(target))) {
      found.add(`${room} is a leaf: ${path} → ${name}`);
    }
    for (const file of files.filter((target) => roomOf(target) !== room)) {
      found.add(`${room} is a leaf: ${path} → ${file}`);
    }
  }
  return [...found];
}
