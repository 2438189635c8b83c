import { execFile } from 'node:child_process';
import {
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const root = fileURLToPath(new URL('..', import.meta.url));

/** What the template needs of this repository, copied; packages from the registry are linked. */
describe('pnpm new:model', () => {
  let copy: string;
  beforeAll(async () => {
    copy = await realpath(await mkdtemp(join(tmpdir(), 'latent-matte-new-model-')));
    const filter = (path: string) =>
      !/\/(node_modules|dist|fixtures|training|compact(-generator)?\/weights)$/.test(path);
    for (const path of [
      'scripts',
      'packages/core',
      'packages/compact',
      'packages/compact-generator',
      'packages/models',
      'packages/test-kit',
    ]) {
      await cp(join(root, path), join(copy, path), { recursive: true, filter });
    }
    for (const file of ['package.json', 'tsconfig.json', 'tsconfig.base.json', 'biome.json']) {
      await cp(join(root, file), join(copy, file));
    }
    for (const path of ['', 'packages/core/', 'packages/models/', 'packages/test-kit/']) {
      await mkdir(join(copy, path), { recursive: true });
      await symlink(join(root, path, 'node_modules'), join(copy, path, 'node_modules'));
    }
  });
  afterAll(() => rm(copy, { recursive: true, force: true }));

  /** The output of a program is in the error when it fails. */
  const tool = async (path: string, ...args: string[]): Promise<string> => {
    const command = [join(root, 'node_modules', path), ...args];
    try {
      return (await run(process.execPath, command, { cwd: copy })).stdout;
    } catch (error) {
      throw new Error(`${path}: ${(error as { stdout: string }).stdout}`, { cause: error });
    }
  };
  const newModel = (...args: string[]) =>
    run(process.execPath, [join(copy, 'scripts/new-model.mjs'), ...args]);

  it('makes a model whose conformance suite is green, that type-checks, is exported and registered', async () => {
    const { stdout } = await newModel('my-net');
    expect(stdout).toMatch(
      /MyNet is in packages\/models\/src\/my-net, in the catalogue as "my-net"/,
    );
    const folder = 'packages/models/src/my-net';
    expect((await readdir(join(copy, folder))).sort()).toEqual([
      'index.ts',
      'my-net.test.ts',
      'my-net.ts',
    ]);
    const index = await readFile(join(copy, 'packages/models/src/index.ts'), 'utf8');
    const catalogue = join(copy, 'packages/models/src/catalogue/generators.ts');
    expect(await readFile(catalogue, 'utf8')).toMatch(/id: 'my-net',.*createMyNet\(\)/s);
    expect(index).toContain("export * from './my-net';");

    // The template is in the style of the repository.
    await tool('@biomejs/biome/bin/biome', 'check', '--vcs-enabled=false', folder);
    await writeConfigurations(copy, folder);
    await tool('typescript/bin/tsc', '-p', 'tsconfig.one.json');
    const options = ['--config', 'vitest.one.mjs', '--reporter=json'];
    const report = JSON.parse(await tool('vitest/vitest.mjs', 'run', ...options, folder));
    expect(report).toMatchObject({ success: true, numFailedTests: 0 });
    expect(report.numPassedTests).toBeGreaterThan(12);
  });

  it('refuses what would not work', async () => {
    const failure = async (...args: string[]) =>
      String(((await newModel(...args).catch((error) => error)) as { stderr?: string }).stderr);
    expect(await failure()).toMatch(/kebab-case/);
    expect(await failure('MyNet')).toMatch(/"MyNet" is no name for a model/);
    expect(await failure('../outside')).toMatch(/is no name/);
    expect(await failure('modnet')).toMatch(/modnet exists/);
  });
});

/** One test file and one program, so that it takes seconds. */
async function writeConfigurations(copy: string, folder: string): Promise<void> {
  await writeFile(
    join(copy, 'tsconfig.one.json'),
    JSON.stringify({ extends: './tsconfig.json', include: [folder] }),
  );
  await writeFile(
    join(copy, 'vitest.one.mjs'),
    `export default {
      resolve: { alias: [
        { find: '@latent-matte/core/testing', replacement: '${copy}/packages/core/src/testing/index.ts' },
        { find: '@latent-matte/core/internals', replacement: '${copy}/packages/core/src/internals.ts' },
        { find: '@latent-matte/test-kit', replacement: '${copy}/packages/test-kit/src' },
        { find: './gradients', replacement: '${root}packages/core/dist/gradients.node.js' },
        { find: /^@latent-matte\\/core$/, replacement: '${copy}/packages/core/src/index.ts' },
      ] },
      test: { testTimeout: 60_000 },
    };`,
  );
}
