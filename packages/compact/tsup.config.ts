import { defineConfig } from 'tsup';

export default defineConfig({
  // The walls of tsconfig.json are for `pnpm typecheck`: its paths lead to sources. This one names no files of its own.
  tsconfig: '../../tsconfig.build.json',
  // An entry per file: Vite copies the files of every module that it reads.
  entry: ['src/*.ts'],
  format: 'esm',
  dts: true,
  clean: true,
  target: 'es2022',
  platform: 'neutral',
});
