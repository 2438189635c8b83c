import { defineConfig } from 'tsup';
import { thirdPartyNotices } from '../../scripts/third-party-notices.mjs';

export default defineConfig({
  // The walls of tsconfig.json are for `pnpm typecheck`: its paths lead to sources. This one names no files of its own.
  tsconfig: '../../tsconfig.build.json',
  entry: ['src/index.ts'],
  format: ['esm'],
  dts: true,
  clean: true,
  target: 'node20',
  platform: 'node',
  esbuildPlugins: [thirdPartyNotices()],
});
