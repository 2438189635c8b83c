import { mkdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'tsup';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Bundles a program with the sources of the packages (seconds, no build of the packages needed) and imports it.
 * Running the sources directly fails: tfjs-core's registration of gradients does not resolve as ESM in Node.
 *
 * @param {string} entry path of the program in the repository
 * @param {{ external?: (string | RegExp)[] }} [options] packages of this repository to take from their build
 */
export async function importBundled(entry, { external = [] } = {}) {
  const name = entry.replace(/\W+/g, '-');
  // Beside what the Node backend depends on, which the root does not.
  const outDir = `${root}packages/backend-node/node_modules/.cache/${name}`;
  mkdirSync(outDir, { recursive: true });
  await build({
    config: false,
    silent: true,
    entry: { main: `${root}${entry}` },
    outDir,
    outExtension: () => ({ js: '.mjs' }),
    tsconfig: `${root}tsconfig.json`,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: 'inline',
    // One copy of tfjs-core for the packages and the backends: the ESM one.
    noExternal: [/^@tensorflow\/tfjs-(core|backend)/, /^@latent-matte\//],
    external: [...external, 'node-fetch', 'sharp', 'webgpu', /^@tensorflow\/tfjs-node/],
    esbuildPlugins: [sourceUrls],
    esbuildOptions: asNodeModule,
  });
  return import(pathToFileURL(`${outDir}/main.mjs`).href);
}

/** Files beside a source (weights, for one) are found from the source, not from the bundle. */
const sourceUrls = {
  name: 'source-urls',
  setup(builder) {
    builder.onLoad(
      { filter: /[\\/]packages[\\/][^\\/]+[\\/]src[\\/].*\.ts$/ },
      async ({ path }) => {
        const source = await readFile(path, 'utf8');
        const url = JSON.stringify(pathToFileURL(path).href);
        return { contents: source.replaceAll('import.meta.url', url), loader: 'ts' };
      },
    );
  },
};

/** For tsup: an ES module of Node that holds what was CommonJS, among it the wasm backend. */
export function asNodeModule(options) {
  options.mainFields = ['module', 'main'];
  // Importing gradients.ts is done for its side effect, which package.json only grants the built file.
  options.ignoreAnnotations = true;
  options.banner = {
    js: [
      "import { createRequire as nodeRequire } from 'node:module';",
      "import { fileURLToPath as nodePath } from 'node:url';",
      'const require = nodeRequire(import.meta.url);',
      "const __dirname = nodePath(new URL('.', import.meta.url));",
    ].join(' '),
  };
}
