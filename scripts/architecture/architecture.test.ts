import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { draw } from './architecture';
import { checkArchitecture } from './check';
import { circlesOf, withoutImplied } from './circles';
import { importsOf, root, sourceOf } from './read-sources';

describe('architecture', () => {
  it('stands: no import against the column, no circle', async () => {
    const { offences } = await draw();
    expect(offences).toEqual([]);
  });

  it('is drawn as it is; if not, run pnpm architecture', async () => {
    const { files } = await draw();
    for (const [path, text] of Object.entries(files)) {
      expect(await readFile(join(root, path), 'utf8'), path).toBe(text);
    }
  });
});

/** Offences of a made-up repository: file → the modules that it names. */
function offences(imports: Readonly<Record<string, readonly string[]>>): readonly string[] {
  const paths = new Set(Object.keys(imports));
  const sources = Object.entries(imports).map(([path, names]) => sourceOf(path, names, paths));
  const packages = [
    ['@latent-matte/core', 'core'],
    ['@latent-matte/models', 'models'],
    ['@latent-matte/test-kit', 'test-kit'],
  ] as const;
  return checkArchitecture(sources, new Map(packages)).offences;
}

describe('the check', () => {
  const core = 'packages/core/src';

  it('finds imports of types, re-exports and import()', () => {
    const text = `
      import type { A } from './a';
      import { type B } from './b';
      export * from './c';
      import './d';
      type E = import('./e').E;
      const f = await import('./f');
      // import './not';
      const text = "import './neither'";
    `;
    expect(importsOf('x.ts', text)).toEqual(['./a', './b', './c', './d', './e', './f']);
  });

  it('lets a room import from above and from its left', () => {
    expect(
      offences({
        [`${core}/ops/index.ts`]: ['../errors', '../contracts'],
        [`${core}/contracts/index.ts`]: ['@tensorflow/tfjs-core'],
        [`${core}/errors.ts`]: [],
        [`${core}/imaging/letterbox.ts`]: ['../ops'],
        'packages/models/src/index.ts': ['@latent-matte/core'],
        [`${core}/ops/ops.test.ts`]: ['@latent-matte/test-kit', '../imaging/letterbox'],
      }),
    ).toEqual([]);
  });

  it('finds what goes against the column', () => {
    const right = `${core}/ops/index.ts → ${core}/imaging/letterbox.ts`;
    const below = `${core}/errors.ts → ${core}/ops/index.ts`;
    expect(
      offences({
        [`${core}/ops/index.ts`]: ['../imaging/letterbox'],
        [`${core}/errors.ts`]: ['./ops'],
        [`${core}/imaging/letterbox.ts`]: ['@latent-matte/models', '@latent-matte/test-kit'],
        'packages/models/src/index.ts': [],
      }).filter((offence) => !/no place/.test(offence)),
    ).toEqual([
      `package core → models, against the column: ${core}/imaging/letterbox.ts → @latent-matte/models`,
      `package core → test-kit, against the column: ${core}/imaging/letterbox.ts → @latent-matte/test-kit`,
      `room ops → imaging, against the column: ${right}`,
      `room errors → ops, against the column: ${below}`,
    ]);
  });

  it('finds circles of files and of rooms, rooms without a place, leaves that import', () => {
    const models = 'packages/models/src';
    expect(
      offences({
        [`${models}/a/one.ts`]: ['./two', '../b'],
        [`${models}/a/two.ts`]: ['./one'],
        [`${models}/b/index.ts`]: ['../a/three'],
        [`${models}/a/three.ts`]: [],
        [`${core}/attic/x.ts`]: [],
        [`${core}/contracts/x.ts`]: ['node:fs', '../errors'],
        [`${core}/errors.ts`]: [],
      }),
    ).toEqual([
      [
        'rooms of models in a circle: a, b',
        `${models}/a/one.ts → ${models}/b/index.ts`,
        `${models}/b/index.ts → ${models}/a/three.ts`,
      ].join('\n  '),
      `room contracts → errors, against the column: ${core}/contracts/x.ts → ${core}/errors.ts`,
      `room attic has no place in the column of core: ${core}/attic/x.ts`,
      `contracts is a leaf: ${core}/contracts/x.ts → node:fs`,
      `contracts is a leaf: ${core}/contracts/x.ts → ${core}/errors.ts`,
      `files in a circle: ${models}/a/one.ts, ${models}/a/two.ts`,
    ]);
  });

  it('finds relative ways across packages, in tests too, and test code in the product', () => {
    const models = 'packages/models/src';
    expect(
      offences({
        [`${models}/x.test.ts`]: ['../../core/src/errors', '../../../tests/tool'],
        [`${models}/x.ts`]: ['./testing/mock'],
        [`${models}/testing/mock.ts`]: [],
        [`${core}/errors.ts`]: [],
        'packages/models/tsup.config.ts': ['../../scripts/notices', '../../tests/tool'],
        'scripts/tool.ts': ['../packages/core/src/errors'],
        'scripts/fuzz/targets/x.ts': ['../../../packages/core/src/errors'],
      }),
    ).toEqual([
      `relative import into another package: ${models}/x.test.ts → ${core}/errors.ts`,
      `relative import out of the package: ${models}/x.test.ts → tests/tool`,
      `test code in the product: ${models}/x.ts → ${models}/testing/mock.ts`,
      'relative import out of the package: packages/models/tsup.config.ts → tests/tool',
      `relative import into another package: scripts/tool.ts → ${core}/errors.ts`,
    ]);
  });

  it('tells circles apart and leaves out implied arrows', () => {
    const graph = new Map([
      ['a', new Set(['b', 'c'])],
      ['b', new Set(['c'])],
      ['c', new Set(['d'])],
      ['d', new Set(['c', 'e'])],
      ['e', new Set<string>()],
    ]);
    expect(circlesOf(graph)).toEqual([['c', 'd']]);
    expect([...withoutImplied(graph).get('a')!]).toEqual(['b']);
  });
});
