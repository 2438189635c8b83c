// Copies of @tensorflow/tfjs-core what Node, bundlers and TypeScript read of it: the build for Node, the modules, the
// declarations. Left out: its tests, five more builds of the same, and the source maps, 33 of 35 MB.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);
const manifest = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'));
const original = require('@tensorflow/tfjs-core/package.json');
if (manifest.version !== original.version) {
  throw new Error(`This is ${manifest.version}; @tensorflow/tfjs-core is ${original.version}.`);
}
const source = dirname(require.resolve('@tensorflow/tfjs-core/package.json'));

const isLeftOut = (path) =>
  /^miniprogram\/|(^|[/_])tests?\.|_test\.(js|d\.ts)$|_test_util\.|(^|\/)(setup_test|jasmine_util|image_test_util)\./.test(
    path,
  ) ||
  (/^tf-core\./.test(path) && path !== 'tf-core.node.js');

/** Node 20 has its own `fetch`, so that theirs is never reached; bundlers would ask for the package. */
const withoutNodeFetch = (code) =>
  code.replace(/require\(['"]node-fetch['"]\)/g, 'globalThis.fetch');
const withoutSourceMap = (code) => code.replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n');

const target = join(here, 'dist');
rmSync(target, { recursive: true, force: true });
const files = readdirSync(join(source, 'dist'), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => relative(join(source, 'dist'), join(entry.parentPath, entry.name)))
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => /\.(js|d\.ts)$/.test(path) && !isLeftOut(path));
for (const path of files) {
  const code = readFileSync(join(source, 'dist', path), 'utf8');
  mkdirSync(dirname(join(target, path)), { recursive: true });
  writeFileSync(join(target, path), withoutNodeFetch(withoutSourceMap(code)));
}
for (const path of ['tf-core.node.js', 'index.js', 'index.d.ts', 'register_all_gradients.js']) {
  if (!files.includes(path)) throw new Error(`@tensorflow/tfjs-core has no dist/${path} any more.`);
}
console.log(`tfjs-core: ${files.length} files of @tensorflow/tfjs-core ${original.version}`);
