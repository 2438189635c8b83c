// What the job of release.yml that installs hands to those that may write: data, no code. In `--out DIR`:
//
//   version.patch   the raised versions and changelogs, while there are changesets
//   *.tgz, ORDER    without changesets: the packages that the registry lacks, and their names with versions, one a line,
//                   dependencies first
//
// Nothing where neither is due. `node scripts/release/prepare-release.mjs --out DIR [--registry URL]`
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { hooks } = createRequire(import.meta.url)('../../.pnpmfile.cjs');
const root = fileURLToPath(new URL('../..', import.meta.url));

/** Packages that are published, dependencies first. @param folder of packages */
export function publishedPackages(folder) {
  const found = new Map();
  for (const name of readdirSync(folder)) {
    const manifest = JSON.parse(readFileSync(join(folder, name, 'package.json'), 'utf8'));
    if (manifest.private !== true) {
      found.set(manifest.name, { folder: join(folder, name), manifest });
    }
  }
  const ordered = new Map();
  const add = (entry) => {
    if (entry === undefined || ordered.has(entry.manifest.name)) return;
    // As it is packed: a name may stand for another package, `npm:@latent-matte/tfjs-core@4.22.0`.
    const { dependencies = {}, peerDependencies = {} } = hooks.beforePacking(entry.manifest);
    for (const [name, range] of Object.entries({ ...dependencies, ...peerDependencies })) {
      add(found.get(/^npm:(.+)@[^@]+$/.exec(range)?.[1] ?? name));
    }
    ordered.set(entry.manifest.name, entry);
  };
  for (const entry of found.values()) add(entry);
  return [...ordered.values()];
}

/** Whether a registry has that version. @throws Error it does not answer, or answers something else than yes or no */
export async function isPublished({ name, version }, registry) {
  const url = new URL(name.replace('/', '%2f'), registry);
  const response = await fetch(url, { headers: { accept: 'application/vnd.npm.install-v1+json' } });
  if (response.status === 404) return false;
  if (!response.ok) throw new Error(`${url} answers ${response.status}.`);
  const { versions } = await response.json();
  return Object.hasOwn(versions ?? {}, version);
}

/** Changesets that wait for a version. */
export const pendingChangesets = (folder) =>
  readdirSync(folder).filter((file) => file.endsWith('.md') && file !== 'README.md');

async function main() {
  const { values } = parseArgs({
    options: {
      out: { type: 'string' },
      registry: { type: 'string', default: 'https://registry.npmjs.org/' },
    },
  });
  if (values.out === undefined) throw new Error('Say where: --out DIR.');
  const out = resolve(values.out);
  mkdirSync(out, { recursive: true });
  const workspace = (args, cwd = root) =>
    execFileSync(process.execPath, [join(root, 'scripts/with-workspace.mjs'), 'pnpm', ...args], {
      cwd,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
  if (pendingChangesets(join(root, '.changeset')).length > 0) {
    workspace(['exec', 'changeset', 'version']);
    execFileSync('git', ['add', '--all'], { cwd: root });
    const patch = execFileSync('git', ['diff', '--cached', '--binary'], {
      cwd: root,
      maxBuffer: 2 ** 28,
    });
    writeFileSync(join(out, 'version.patch'), patch);
    return;
  }
  const order = [];
  for (const { folder, manifest } of publishedPackages(join(root, 'packages'))) {
    if (await isPublished(manifest, values.registry)) continue;
    // What pnpm makes of "workspace:*" and of the hook in .pnpmfile.cjs is what is published.
    workspace(['--dir', folder, 'pack', '--pack-destination', out]);
    const file = `${manifest.name.replace('@', '').replace('/', '-')}-${manifest.version}.tgz`;
    order.push(`${file} ${manifest.name}@${manifest.version}`);
  }
  if (order.length > 0) writeFileSync(join(out, 'ORDER'), `${order.join('\n')}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
