// esbuild follows no `new URL(…, import.meta.url)`, so the files that the package finds with it are copied here.
import { cp, mkdir, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';

process.chdir(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);
const installed = (name) => dirname(require.resolve(`@latent-matte/${name}/package.json`));

await rm('dist', { recursive: true, force: true });
await mkdir('dist/weights', { recursive: true });
const web = join(installed('backend-web'), 'dist');
await cp(join(web, 'worker.js'), 'dist/worker.js');
await cp(join(web, 'wasm'), 'dist/wasm', { recursive: true });
// A cut-out needs this file alone.
const weights = createRequire(join(web, 'index.js')).resolve(
  '@latent-matte/compact/weights/portrait.safetensors',
);
await cp(weights, 'dist/weights/portrait.safetensors');
await cp('index.html', 'dist/index.html');

const options = {
  entryPoints: ['page.js'],
  bundle: true,
  format: 'esm',
  target: 'es2022',
  outdir: 'dist',
};
const [mode, port = '8000'] = process.argv.slice(2);
if (mode === '--serve') {
  const context = await esbuild.context(options);
  await context.serve({ servedir: 'dist', host: '127.0.0.1', port: Number(port) });
  console.log(`http://127.0.0.1:${port}/`);
} else {
  await esbuild.build({ ...options, minify: true });
}
