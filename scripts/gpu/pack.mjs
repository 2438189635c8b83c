// `scripts/gpu/pack [--out DIR]`: a folder of at most 60 MiB that measures latent-matte on a GPU: see docs/choose-a-backend.md.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'tsup';
import { asNodeModule } from '../bundle.mjs';

const MOST_BYTES = 60 * 2 ** 20;
const PHOTO_SIDE = 512;
/** Fixtures of what no network computes, which the GPU does not see. */
const LEFT_OUT = /^(blurfusion|closedform|foreground|metrics|official_metrics|ada_pickle)/;
const root = fileURLToPath(new URL('../..', import.meta.url));

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: join(root, 'out/gpu-kit') },
    fixtures: { type: 'string', default: join(root, '../shared/fixtures') },
    // The test runs the kit with the Node it runs on.
    'without-node': { type: 'boolean', default: false },
  },
});
const out = resolve(values.out);
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

const beside = createRequire(join(root, 'packages/backend-node/package.json'));
const manifest = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

/** The folder of an installed package. */
function folderOf(name) {
  const found = beside.resolve
    .paths(name)
    .map((path) => join(path, name))
    .find((path) => existsSync(join(path, 'package.json')));
  if (found === undefined) throw new Error(`${name} is not installed: run pnpm install.`);
  return found;
}

const bundling = {
  config: false,
  silent: true,
  clean: false,
  tsconfig: join(root, 'tsconfig.json'),
  platform: 'node',
  target: 'node20',
  minify: true,
};

/** The program, with the sources of the packages and one copy of tfjs-core. */
async function bundleProgram() {
  await build({
    ...bundling,
    entry: { program: join(root, 'scripts/gpu/main.ts') },
    outDir: out,
    outExtension: () => ({ js: '.mjs' }),
    format: 'esm',
    splitting: false,
    noExternal: [/./],
    external: ['webgpu', 'bullmq', 'ioredis', /^@aws-sdk/, /^@tensorflow\/tfjs-node/],
    esbuildPlugins: [urlsOfTheKit, withoutDecoder],
    esbuildOptions: asNodeModule,
  });
}

/** A source looks for its weights beside itself: in the kit they lie where they lie in the repository. */
const urlsOfTheKit = {
  name: 'urls-of-the-kit',
  setup(builder) {
    builder.onLoad({ filter: /[\\/]packages[\\/][^\\/]+[\\/]src[\\/].*\.ts$/ }, ({ path }) => {
      const place = relative(root, path).split('\\').join('/');
      const source = readFileSync(path, 'utf8');
      const url = `new URL(${JSON.stringify(place)}, import.meta.url).href`;
      return { contents: source.replaceAll('import.meta.url', url), loader: 'ts' };
    });
  },
};

/** The kit has its photograph as bytes: sharp is native code for one machine. */
const withoutDecoder = {
  name: 'without-decoder',
  setup(builder) {
    builder.onResolve({ filter: /^sharp$/ }, () => ({
      path: 'sharp',
      namespace: 'without-decoder',
    }));
    builder.onLoad({ filter: /./, namespace: 'without-decoder' }, () => ({
      contents: "export default () => { throw new Error('The GPU kit decodes no pictures.'); };",
    }));
  },
};

/** tfjs's WebGPU kernels as one file, over the tfjs-core of the program (`shared-tfjs.ts`). */
async function bundleKernels() {
  const name = '@tensorflow/tfjs-backend-webgpu';
  const from = folderOf(name);
  const to = join(out, 'node_modules', name);
  await build({
    ...bundling,
    // Not its CommonJS build, whose classes are of ES5 and cannot extend those of the program.
    entry: { index: join(from, 'dist/index.js') },
    outDir: to,
    format: 'cjs',
    outExtension: () => ({ js: '.cjs' }),
    noExternal: [/./],
    external: [/^@tensorflow\/tfjs-core/],
    esbuildOptions: (options) => {
      options.mainFields = ['module', 'main'];
    },
  });
  const { version } = manifest(from);
  writeFileSync(join(to, 'package.json'), JSON.stringify({ name, version, main: 'index.cjs' }));
  const core = join(out, 'node_modules/@tensorflow/tfjs-core');
  mkdirSync(core, { recursive: true });
  writeFileSync(
    join(core, 'index.js'),
    "module.exports = globalThis[Symbol.for('latent-matte.tfjs-core')];\n",
  );
  writeFileSync(
    join(core, 'package.json'),
    JSON.stringify({ name: '@tensorflow/tfjs-core', version }),
  );
}

/** Dawn for Linux on x64, as the npm package has it; its library compressed. */
function copyDawn() {
  const from = folderOf('webgpu');
  const to = join(out, 'node_modules/webgpu');
  mkdirSync(join(to, 'dist/linux-x64'), { recursive: true });
  for (const file of ['index.js', 'package.json', 'LICENSE.md']) {
    copyFileSync(join(from, file), join(to, file));
  }
  const library = readFileSync(join(from, 'dist/linux-x64/dawn.node'));
  writeFileSync(join(to, 'dist/linux-x64/dawn.node.gz'), gzipSync(library, { level: 9 }));
}

/** Node, without its symbols, compressed. */
function copyNode() {
  const stripped = join(tmpdir(), `latent-matte-node-${process.pid}`);
  try {
    copyFileSync(process.execPath, stripped);
    execFileSync('strip', [stripped]);
    writeFileSync(join(out, 'node.gz'), gzipSync(readFileSync(stripped), { level: 9 }));
  } finally {
    rmSync(stripped, { force: true });
  }
}

/** The photograph of the quickstart as bytes, so that the kit needs no decoder. */
async function copyPhoto() {
  const { default: sharp } = await import(beside.resolve('sharp'));
  const photo = join(root, 'examples/quickstart/astronaut-portrait.png');
  const pixels = await sharp(photo)
    .removeAlpha()
    .resize(PHOTO_SIDE, PHOTO_SIDE, { fit: 'cover' })
    .raw()
    .toBuffer();
  writeFileSync(join(out, 'photo.rgb'), pixels);
}

/** A Vulkan loader, for machines that have a driver and no loader. Chromium's, where this machine has one. */
function copyLoader() {
  const loader = ['/usr/lib/x86_64-linux-gnu/libvulkan.so.1', '/usr/lib/chromium/libvulkan.so.1'];
  const found = loader.find((path) => existsSync(path));
  if (found === undefined) return;
  mkdirSync(join(out, 'vulkan'));
  copyFileSync(found, join(out, 'vulkan/libvulkan.so.1'));
}

/** Reference tensors of the networks; formats are not what a GPU computes. */
function copyFixtures() {
  if (!existsSync(values.fixtures)) {
    console.error(`There are no fixtures in ${values.fixtures}: the kit compares nothing.`);
    mkdirSync(join(out, 'fixtures'));
    return;
  }
  const to = join(out, 'fixtures');
  cpSync(values.fixtures, to, {
    recursive: true,
    filter: (path) => {
      const name = relative(values.fixtures, path);
      return !name.startsWith('formats') && !LEFT_OUT.test(name);
    },
  });
  execFileSync('chmod', ['-R', 'u+w', to]);
}

function copyPython() {
  copyFileSync(join(root, 'scripts/gpu/torch_steps.py'), join(out, 'torch_steps.py'));
  mkdirSync(join(out, 'torch_port'));
  const port = join(root, 'scripts/gpu/torch_port');
  for (const file of readdirSync(port).filter((name) => name.endsWith('.py'))) {
    copyFileSync(join(port, file), join(out, 'torch_port', file));
  }
  for (const file of ['network', 'layers', 'mobilenet_trunk', 'selfie_trunk', 'tflite_weights']) {
    const source = join(root, `packages/training/python/${file}.py`);
    copyFileSync(source, join(out, 'torch_port', `${file}.py`));
  }
}

function bytesIn(folder) {
  return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    const path = join(folder, entry.name);
    return sum + (entry.isDirectory() ? bytesIn(path) : statSync(path).size);
  }, 0);
}

await bundleProgram();
await bundleKernels();
copyDawn();
if (!values['without-node']) copyNode();
await copyPhoto();
copyLoader();
copyFixtures();
copyPython();
const weights = 'packages/compact/weights';
cpSync(join(root, weights), join(out, weights), { recursive: true });
writeFileSync(
  join(out, 'main.mjs'),
  "import { dirname } from 'node:path';\nimport { fileURLToPath } from 'node:url';\nimport { main } from './program.mjs';\n\nprocess.exit(await main(process.argv.slice(2), dirname(fileURLToPath(import.meta.url))));\n",
);
copyFileSync(join(root, 'scripts/gpu/run-kit'), join(out, 'run'));
chmodSync(join(out, 'run'), 0o755);
const bytes = bytesIn(out);
console.log(`${out}: ${(bytes / 2 ** 20).toFixed(1)} MiB`);
if (bytes > MOST_BYTES) {
  console.error(`The kit is larger than ${MOST_BYTES / 2 ** 20} MiB.`);
  process.exitCode = 1;
}
// Named so that a reader of the listing sees what is missing.
if (values['without-node']) console.log(`without Node: it runs on ${dirname(process.execPath)}`);
