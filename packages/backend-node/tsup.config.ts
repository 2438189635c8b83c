import { cpSync, mkdirSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { defineConfig, type Options } from 'tsup';
import { thirdPartyNotices } from '../../scripts/third-party-notices.mjs';

/** What users import; `src/<name>.ts` each. */
const entries = Object.fromEntries(
  [
    'index',
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

const notices = thirdPartyNotices();

const shared: Options = {
  // The walls of tsconfig.json are for `pnpm typecheck`: its paths lead to sources. This one names no files of its own.
  tsconfig: '../../tsconfig.build.json',
  clean: ['!*.cjs', '!*.wasm', '!THIRD-PARTY-NOTICES.txt'],
  target: 'node20',
  platform: 'node',
};

/** Files of their own, see there. */
const kernels = ['wasm-kernels', 'cpu-kernels'];

export default defineConfig([
  {
    ...shared,
    // The last two run in processes and threads of their own.
    entry: {
      ...entries,
      'device-probe': 'src/device/device-probe.ts',
      'portrait-worker': 'src/pool/portrait-worker.ts',
    },
    format: ['esm'],
    dts: { entry: entries },
    esbuildPlugins: [
      notices,
      {
        name: 'kernels-beside',
        setup(build) {
          build.onResolve({ filter: /-kernels$/ }, ({ path }) =>
            kernels.includes(path.slice(2)) ? { path: `${path}.cjs`, external: true } : undefined,
          );
        },
      },
    ],
  },
  {
    ...shared,
    entry: Object.fromEntries(kernels.map((name) => [name, `src/device/${name}.ts`])),
    format: 'cjs',
    // `clean` of one build would remove the files of the other.
    clean: false,
    minify: true,
    noExternal: [/^@tensorflow\/tfjs-backend/],
    esbuildPlugins: [notices],
    onSuccess: async () => {
      const source = dirname(
        createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'),
      );
      mkdirSync('dist', { recursive: true });
      for (const file of readdirSync(source).filter((name) => name.endsWith('.wasm'))) {
        cpSync(join(source, file), join('dist', file));
      }
      // What loads the threaded one, see threaded-wasm.ts. CommonJS, in a package of ES modules.
      for (const end of ['', '.worker']) {
        const name = `tfjs-backend-wasm-threaded-simd${end}`;
        cpSync(join(source, '../wasm-out', `${name}.js`), join('dist', `${name}.cjs`));
      }
    },
  },
]);
