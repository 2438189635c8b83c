import { cpSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { defineConfig, type Options } from 'tsup';
import { thirdPartyNotices } from '../../scripts/third-party-notices.mjs';

const notices = thirdPartyNotices();

/** What the glue of Emscripten needs to be told in a browser. */
const esbuildOptions: Options['esbuildOptions'] = (options) => {
  options.mainFields = ['browser', 'module', 'main'];
  options.conditions = ['browser', 'import', 'default'];
  // It asks for these by typeof, and webpack answers for modules that it does not define them for.
  options.define = { ...options.define, __filename: 'undefined', __dirname: 'undefined' };
};

const shared = {
  // The walls of tsconfig.json are for `pnpm typecheck`: its paths lead to sources. This one names no files of its own.
  tsconfig: '../../tsconfig.build.json',
  format: 'esm',
  target: 'es2022',
  platform: 'browser',
} as const;

/** From the folder of this package the weights lie in the package beside it, in node_modules as in the workspace. */
const weightsBeside = '../../compact/weights/';

/** What users import; `src/<name>.ts` each. */
const entries = Object.fromEntries(
  [
    'index',
    'page',
    'core',
    'models',
    'ops',
    'checkpoints',
    'evaluate',
    'generate',
    'fine-tune',
    'testing',
    'internal',
  ].map((name) => [name, `src/${name}.ts`]),
);

export default defineConfig([
  {
    ...shared,
    // `expose-worker` is what worker scripts of applications import: it shares core with them.
    entry: { ...entries, 'expose-worker': 'src/worker.ts' },
    esbuildPlugins: [notices],
    esbuildOptions,
    // Of the 44 MB of their packages 1 is ever loaded. TensorFlow.js itself is the application's, one for all.
    noExternal: [/^@tensorflow\/tfjs-backend/, 'comlink'],
    dts: {
      entry: { ...entries, 'expose-worker': 'src/worker.ts', standalone: 'src/standalone.ts' },
    },
    clean: [
      '!worker.js',
      '!standalone.js',
      '!page-standalone.js',
      '!wasm/**',
      '!THIRD-PARTY-NOTICES.txt',
    ],
    onSuccess: async () => {
      const wasm = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'));
      mkdirSync('dist/wasm', { recursive: true });
      for (const kind of ['', '-simd', '-threaded-simd']) {
        const file = `tfjs-backend-wasm${kind}.wasm`;
        cpSync(join(wasm, file), join('dist/wasm', file));
      }
    },
  },
  // Files with everything in them. The worker: import maps do not reach workers, and not every bundler follows
  // `new Worker`. And the same for pages without a bundler: browsers cannot load tfjs-core's modules as they are.
  {
    ...shared,
    entry: {
      worker: 'src/worker.ts',
      standalone: 'src/standalone.ts',
      'page-standalone': 'src/page.ts',
    },
    noExternal: [/.*/],
    splitting: false,
    minify: true,
    esbuildOptions: (options, context) => {
      esbuildOptions(options, context);
      options.legalComments = 'eof';
    },
    esbuildPlugins: [
      notices,
      {
        name: 'weights-beside',
        setup(build) {
          build.onLoad({ filter: /compact[\\/]dist[\\/][\w-]+\.js$/ }, async ({ path }) => {
            const { readFile } = await import('node:fs/promises');
            const contents = await readFile(path, 'utf8');
            return { contents: contents.replaceAll('"../weights/', `"${weightsBeside}`) };
          });
        },
      },
    ],
  },
]);
