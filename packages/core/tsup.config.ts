import { defineConfig, type Options } from 'tsup';
import { thirdPartyNotices } from '../../scripts/third-party-notices.mjs';

const shared: Options = {
  // The walls of tsconfig.json are for `pnpm typecheck`: its paths lead to sources. This one names no files of its own.
  tsconfig: '../../tsconfig.build.json',
  format: 'esm',
  dts: true,
  target: 'es2022',
  platform: 'neutral',
  esbuildPlugins: [thirdPartyNotices()],
};

const entry = [
  'src/index.ts',
  'src/weights/checkpoints.ts',
  'src/evaluate/index.ts',
  'src/generate/index.ts',
  'src/finetune/index.ts',
  'src/options.ts',
  'src/operators.ts',
  'src/internal.ts',
  'src/testing/index.ts',
  'src/remote/backend.ts',
  'src/caller.ts',
];

export default defineConfig([
  {
    ...shared,
    entry,
    // All declarations from one build: `clean` of one would remove those of another that was faster.
    dts: { entry: [...entry, 'src/gradients.ts'] },
    clean: true,
  },
  // Bundlers resolve tfjs-core's deep ESM path themselves and share its modules …
  {
    ...shared,
    dts: false,
    entry: { gradients: 'src/gradients.ts' },
    external: [/^@tensorflow\/tfjs-core/],
  },
  // … Node cannot, so its copy is bundled (see src/gradients.ts); not the package itself, a second copy of which
  // would set up the platform anew and say so.
  {
    ...shared,
    dts: false,
    minify: true,
    entry: { 'gradients.node': 'src/gradients.ts' },
    noExternal: [/^@tensorflow\/tfjs-core\/dist/],
    esbuildOptions: (options) => {
      options.mainFields = ['module', 'main'];
      options.external = ['node-fetch', 'string_decoder', 'util', 'crypto', 'fs'];
    },
  },
]);
