import { defineConfig } from 'tsup';

export default defineConfig({
  // The other two run in processes and threads of their own.
  entry: ['src/index.ts', 'src/device-probe.ts', 'src/portrait-worker.ts'],
  format: ['esm'],
  dts: { entry: 'src/index.ts' },
  sourcemap: true,
  clean: true,
  target: 'node20',
  platform: 'node',
});
