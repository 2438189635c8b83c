// What `npm run quickstart` and `npm test` call: they work on a fresh clone with Node ≥ 20 and the npm registry
// alone, and skip every step that has been done.
//
//   node scripts/with-workspace.mjs quickstart [args]   install, build, run the quickstart
//   node scripts/with-workspace.mjs test [args]         install, build, vitest run
//   node scripts/with-workspace.mjs prepare             install, build
//   node scripts/with-workspace.mjs pnpm [args]         the workspace's pnpm, wherever it is
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [mode, ...args] = process.argv.slice(2);

function say(message) {
  console.log(`latent-matte: ${message}`);
}

function fail(message) {
  console.error(`latent-matte: ${message}`);
  process.exit(1);
}

/** Runs a command with inherited output; leaves the process with its exit code when it fails. */
function run(command, commandArgs) {
  // On Windows, npm's commands are .cmd files, which only a shell starts.
  const shell = process.platform === 'win32' && command !== process.execPath;
  const { error, status } = spawnSync(command, commandArgs, { cwd: root, stdio: 'inherit', shell });
  if (error) fail(`cannot run ${command}: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}

function requireNode() {
  if (Number(process.versions.node.split('.')[0]) < 20) {
    fail(
      `Node 20 or newer is needed, this is ${process.version}. Get it from https://nodejs.org, or with "nvm install 20".`,
    );
  }
}

let pnpmCommand;

/** The pnpm of package.json's `packageManager`: the one on PATH if it is that version, else through npx. */
function pnpm(...pnpmArgs) {
  if (pnpmCommand === undefined) {
    const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const found = spawnSync('pnpm', ['--version'], {
      cwd: root,
      encoding: 'utf8',
      shell: process.platform === 'win32',
      // corepack's shim would wait for an answer.
      env: { ...process.env, COREPACK_ENABLE_DOWNLOAD_PROMPT: '0' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const installed = found.status === 0 ? `pnpm@${found.stdout.trim()}` : undefined;
    pnpmCommand = installed === packageManager ? ['pnpm'] : ['npx', '--yes', packageManager];
  }
  run(pnpmCommand[0], [...pnpmCommand.slice(1), ...pnpmArgs]);
}

/** pnpm keeps the lockfile it installed; written last, so an interrupted install does not count. */
function isInstalled() {
  const installed = join(root, 'node_modules', '.pnpm', 'lock.yaml');
  const wanted = join(root, 'pnpm-lock.yaml');
  return existsSync(installed) && readFileSync(installed).equals(readFileSync(wanted));
}

function install() {
  if (isInstalled()) return;
  say('installing packages (once) …');
  pnpm('install', '--frozen-lockfile');
}

const notSources = new Set(['dist', 'node_modules', 'fixtures', 'training']);

/** Time of the last change under a folder, tests aside. */
function lastChange(folder) {
  let latest = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!notSources.has(entry.name)) latest = Math.max(latest, lastChange(path));
    } else if (!entry.name.endsWith('.test.ts')) {
      latest = Math.max(latest, statSync(path).mtimeMs);
    }
  }
  return latest;
}

function isBuilt(folder) {
  // tsup writes the declarations last.
  const outputs = ['index.js', 'index.d.ts'].map((file) => join(folder, 'dist', file));
  if (!outputs.every((file) => existsSync(file))) return false;
  const built = Math.min(...outputs.map((file) => statSync(file).mtimeMs));
  const settings = statSync(join(root, 'tsconfig.build.json')).mtimeMs;
  return built > Math.max(lastChange(folder), settings);
}

function build() {
  const stale = readdirSync(join(root, 'packages')).filter((name) => {
    const manifest = join(root, 'packages', name, 'package.json');
    if (!existsSync(manifest)) return false;
    const { scripts } = JSON.parse(readFileSync(manifest, 'utf8'));
    return scripts?.build !== undefined && !isBuilt(join(root, 'packages', name));
  });
  if (stale.length === 0) return;
  say(`building ${stale.join(', ')} …`);
  // pnpm builds them in the order of their dependencies.
  pnpm('-r', ...stale.flatMap((name) => ['--filter', `./packages/${name}`]), 'run', 'build');
}

requireNode();
switch (mode) {
  case 'quickstart':
    install();
    build();
    run(process.execPath, [join(root, 'examples', 'quickstart', 'quickstart.mjs'), ...args]);
    break;
  case 'test':
    install();
    build();
    run(process.execPath, [join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run', ...args]);
    break;
  case 'prepare':
    install();
    build();
    break;
  case 'pnpm':
    pnpm(...args);
    break;
  default:
    fail(`unknown mode "${mode ?? ''}"; use quickstart, test, prepare or pnpm.`);
}
