// `pnpm native`: installs @tensorflow/tfjs-node into the git-ignored .native/ folder, with its binding to
// TensorFlow. Trainings need it; everything else runs on WebAssembly without it, only slower.
//
// Where ../shared/scripts/build-tfjs-node.sh exists, the binding is built by it; elsewhere the package's own
// install script downloads the prebuilt one. A second run only checks that the binding loads.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const VERSION = '4.22.0';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const native = join(root, '.native');
const folder = join(native, 'node_modules', '@tensorflow', 'tfjs-node');
const builder = join(root, '..', 'shared', 'scripts', 'build-tfjs-node.sh');

const say = (message) => console.log(`native: ${message}`);

function fail(message) {
  console.error(`native: ${message}`);
  process.exit(1);
}

/** Version of the tfjs-node in .native, or undefined. */
function installedVersion() {
  const manifest = join(folder, 'package.json');
  return existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')).version : undefined;
}

/** Version of TensorFlow when the binding loads, or undefined. In a process of its own: a bad one can crash. */
function loadedTensorFlow() {
  // The two functions are those that Node 23 removed and tfjs-node still calls.
  const probe = `
    const util = require('node:util');
    util.isNullOrUndefined ??= (value) => value === null || value === undefined;
    util.isArray ??= Array.isArray;
    console.log(require(${JSON.stringify(folder)}).backend().binding.TF_Version);`;
  const { status, stdout } = spawnSync(process.execPath, ['-e', probe], {
    encoding: 'utf8',
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3' },
  });
  return status === 0 ? stdout.trim().split('\n').at(-1) : undefined;
}

function run(command, args) {
  const shell = process.platform === 'win32' && command === 'npm';
  const { error, status } = spawnSync(command, args, { cwd: native, stdio: 'inherit', shell });
  if (error) fail(`cannot run ${command}: ${error.message}`);
  return status;
}

function ready(tensorFlow) {
  say(`@tensorflow/tfjs-node ${VERSION} works (TensorFlow ${tensorFlow}), in ${folder}`);
  say('for trainings, and to use it for everything else, set');
  say(`  LATENT_MATTE_TFJS_NODE=${folder}`);
  process.exit(0);
}

if (installedVersion() === VERSION) {
  const tensorFlow = loadedTensorFlow();
  if (tensorFlow !== undefined) ready(tensorFlow);
} else {
  say(`installing @tensorflow/tfjs-node ${VERSION} into .native …`);
  mkdirSync(native, { recursive: true });
  const manifest = { private: true, dependencies: { '@tensorflow/tfjs-node': VERSION } };
  writeFileSync(join(native, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  const scripts = existsSync(builder) ? ['--ignore-scripts'] : [];
  const status = run('npm', ['install', '--no-audit', '--no-fund', ...scripts]);
  if (status !== 0) {
    fail(
      `npm could not install it. Is the npm registry reachable, and storage.googleapis.com, where the prebuilt binding of ${process.platform}-${process.arch} comes from? Without it, latent-matte runs on WebAssembly.`,
    );
  }
}

if (existsSync(builder)) {
  say('building the binding …');
  if (run('bash', [builder, folder]) !== 0) fail(`${builder} failed, see above.`);
}
const tensorFlow = loadedTensorFlow();
if (tensorFlow === undefined) {
  fail(
    `the binding does not load. Delete .native and run \`pnpm native\` again, or use Node 20 or 22: this is ${process.version}.`,
  );
}
ready(tensorFlow);
