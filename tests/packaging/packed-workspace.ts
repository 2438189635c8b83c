import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const packages = ['core', 'models', 'backend-node', 'backend-web', 'cli'] as const;

export type PackageName = (typeof packages)[number];

/** An application outside of the workspace, with the packages installed from their tarballs. */
export interface PackedWorkspace {
  readonly folder: string;
  /** Path of each tarball. */
  readonly tarballs: Readonly<Record<PackageName, string>>;
  dispose(): Promise<void>;
}

/**
 * Packs every package and installs the tarballs with npm, other dependencies from the registry.
 *
 * @returns `{ refused }`, half a sentence, where the registry cannot be reached
 */
export async function packWorkspace(): Promise<PackedWorkspace | { refused: string }> {
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
        const prefix = name === 'cli' ? 'latent-matte-0' : `latent-matte-${name}-`;
        return [name, join(store, files.find((file) => file.startsWith(prefix))!)];
      }),
    ) as Record<PackageName, string>;
    await writeFile(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n');
    await run(
      'npm',
      [
        'install',
        ...Object.values(tarballs),
        '--ignore-scripts',
        '--no-audit',
        '--no-fund',
        '--prefer-offline',
      ],
      { cwd: folder },
    );
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
