import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { serveTarballs } from './packed-registry.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const packages = [
  'core',
  'compact',
  'compact-generator',
  'models',
  'backend-node',
  'backend-web',
  'pairs',
  'cli',
  'tfjs-core',
] as const;

export type PackageName = (typeof packages)[number];

/**
 * An application outside of the workspace, with the packages installed from their tarballs, and the examples copied
 * to `examples`, as somebody would who starts from them.
 */
export interface PackedWorkspace {
  readonly folder: string;
  /** Path of each tarball. */
  readonly tarballs: Readonly<Record<PackageName, string>>;
}

/** Why there is none, half a sentence. */
export interface Refused {
  readonly refused: string;
}

/**
 * Packs every package and installs the tarballs with npm, other dependencies, also those of the examples, from the
 * registry. Done once for all tests: see `global-setup.ts`.
 *
 * @returns `{ refused }` where the registry cannot be reached
 */
export async function packWorkspace(): Promise<
  (PackedWorkspace & { dispose(): Promise<void> }) | Refused
> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'latent-matte-packed-')));
  const dispose = () => rm(folder, { recursive: true, force: true });
  try {
    const store = join(folder, 'tarballs');
    await mkdir(store);
    for (const name of packages) {
      // What `pnpm pack` makes of "workspace:*" is what is published.
      await pnpm(['pack', '--pack-destination', store], join(root, 'packages', name));
    }
    const files = await readdir(store);
    const tarballs = Object.fromEntries(
      packages.map((name) => {
        const prefix = name === 'cli' ? 'latent-matte' : `latent-matte-${name}`;
        return [
          name,
          join(
            store,
            files.find(
              (file) => /^-\d/.test(file.slice(prefix.length)) && file.startsWith(prefix),
            )!,
          ),
        ];
      }),
    ) as Record<PackageName, string>;
    await writeFile(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
    const dependencies = await copyExamples(join(folder, 'examples'));
    // tfjs-core is asked for by its version, under another name.
    const { 'tfjs-core': _, ...asked } = tarballs;
    const registry = await serveTarballs(Object.values(tarballs));
    try {
      await writeFile(join(folder, '.npmrc'), `@latent-matte:registry=${registry.url}\n`);
      await run(
        'npm',
        [
          'install',
          ...Object.values(asked),
          ...dependencies,
          '--ignore-scripts',
          '--no-audit',
          '--no-fund',
          '--prefer-offline',
        ],
        { cwd: folder },
      );
    } finally {
      await registry.close();
    }
    return { folder, tarballs, dispose };
  } catch (error) {
    await dispose();
    const output = String((error as { stderr?: string }).stderr ?? error);
    if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH/.test(output)) {
      return { refused: 'the npm registry cannot be reached' };
    }
    throw new Error(output);
  }
}

/** The pnpm of the workspace, as `scripts/with-workspace.mjs` finds it. */
const pnpm = (args: readonly string[], cwd: string) =>
  run(process.execPath, [join(root, 'scripts/with-workspace.mjs'), 'pnpm', '-C', cwd, ...args]);

/** Examples too large for every run: their test installs what they need, see `next.test.ts`. */
const installedApart: ReadonlySet<string> = new Set(['page-next']);

const notSources = new Set(['node_modules', 'dist', 'out']);

/** Copies the examples without what they made. @returns what they need beside this workspace, as `name@version` */
async function copyExamples(to: string): Promise<string[]> {
  await cp(join(root, 'examples'), to, {
    recursive: true,
    filter: (path) => !notSources.has(basename(path)),
  });
  const needed = new Map<string, string>();
  for (const name of await readdir(to)) {
    if (installedApart.has(name)) continue;
    const manifest = JSON.parse(await readFile(join(to, name, 'package.json'), 'utf8'));
    for (const [dependency, version] of Object.entries<string>({
      ...manifest.dependencies,
      ...manifest.devDependencies,
    })) {
      if (version.startsWith('workspace:')) continue;
      if ((needed.get(dependency) ?? version) !== version) {
        throw new Error(`The examples disagree about the version of ${dependency}.`);
      }
      needed.set(dependency, version);
    }
  }
  return [...needed].map(([dependency, version]) => `${dependency}@${version}`);
}
