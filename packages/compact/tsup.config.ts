import { defineConfig } from 'tsup';

export default defineConfig({
  // An entry per file: Vite copies the files of every module that it reads.
  entry: ['src/*.ts'],
  format: 'esm',
  dts: true,
  sourcemap: true,
  clean: true,
  target: 'es2022',
  platform: 'neutral',
});
