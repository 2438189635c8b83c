import { defineConfig } from 'tsup';

export default defineConfig({
  // The walls of tsconfig.json are for `pnpm typecheck`: its paths lead to sources. This one names no files of its own.
  tsconfig: '../../tsconfig.build.json',
  // The last two run in processes and threads of their own.
  entry: {
    index: 'src/index.ts',
    files: 'src/files/index.ts',
    'device-probe': 'src/device/device-probe.ts',
    'portrait-worker': 'src/pool/portrait-worker.ts',
  },
  format: ['esm'],
  dts: { entry: { index: 'src/index.ts', files: 'src/files/index.ts' } },
  sourcemap: true,
  clean: true,
  target: 'node20',
  platform: 'node',
});
