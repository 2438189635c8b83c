import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { apiReports, entriesOf } from '../../scripts/api-report/api-report';

const root = fileURLToPath(new URL('../..', import.meta.url));
const packages = [
  'core',
  'models',
  'compact',
  'compact-generator',
  'backend-node',
  'backend-web',
  'pairs',
];
// `/internal` is promised to nobody, but what is in it shall be seen.
const entries = packages.flatMap((name) => entriesOf(join(root, 'packages', name)));
const isBuilt = entries.every(({ types }) => existsSync(types));

it.skipIf(!isBuilt)(
  'api/ holds what every entry exports: a change of it is seen (vitest -u makes it anew)',
  async () => {
    const reports = new Map(
      [...apiReports(entries)].map(([name, report]) => [
        `${name.replace('@latent-matte/', '').replaceAll('/', '-')}.d.ts.txt`,
        report,
      ]),
    );
    for (const [file, report] of reports) {
      await expect(report).toMatchFileSnapshot(join(root, 'api', file));
    }
    // One of an entry that is gone would go on saying that it is there.
    expect((await readdir(join(root, 'api'))).sort()).toEqual([...reports.keys()].sort());
  },
  120_000,
);

it('leaves out comments and what is private, and says what is handed on', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'latent-matte-api-'));
  try {
    const types = join(folder, 'dist', 'index.d.ts');
    await mkdir(join(folder, 'dist'));
    await writeFile(
      types,
      `/** A comment. */
declare class Inner { #secret; private hidden; open(path: string): void; }
declare const limit: 3;
declare function twice(x: number): number;
interface Options { size?: number; }
export * from '@latent-matte/elsewhere';
export { other, type Kind as Sort } from '@latent-matte/elsewhere';
export { Inner as Outer, limit, twice, type Options };
`,
    );
    expect(apiReports([{ name: '@latent-matte/x', types }]).get('@latent-matte/x')).toBe(
      `// @latent-matte/x: 4 names of its own
export * from '@latent-matte/elsewhere';
export { other } from '@latent-matte/elsewhere';
export { type Kind as Sort } from '@latent-matte/elsewhere';
interface Options {
    size?: number;
}
class Outer {
    open(path: string): void;
}
const limit: 3;
function twice(x: number): number;
`,
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});
