import { defineConfig } from 'tsup';
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

export default defineConfig({
  // The walls of tsconfig.json are for `pnpm typecheck`: its paths lead to sources. This one names no files of its own.
  tsconfig: '../../tsconfig.build.json',
  // The last two run in processes and threads of their own.
  entry: {
    ...entries,
    'device-probe': 'src/device/device-probe.ts',
    'portrait-worker': 'src/pool/portrait-worker.ts',
  },
  format: ['esm'],
  dts: { entry: entries },
  sourcemap: true,
  clean: true,
  target: 'node20',
  platform: 'node',
  esbuildPlugins: [thirdPartyNotices()],
});
