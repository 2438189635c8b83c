// `pnpm parity --fixtures DIR [--only ITEM[,ITEM]] [--backend NAME] [--verbose]`
//
// Bundles scripts/parity with the sources of the packages (a second, no build needed) and runs it. Running the
// sources directly fails: tfjs-core's registration of gradients does not resolve as ESM in Node.
import { mkdirSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'tsup';

const root = fileURLToPath(new URL('..', import.meta.url));
const outDir = `${root}node_modules/.cache/latent-matte-parity`;
mkdirSync(outDir, { recursive: true });

await build({
  config: false,
  silent: true,
  entry: { main: `${root}scripts/parity/main.ts` },
  outDir,
  outExtension: () => ({ js: '.mjs' }),
  tsconfig: `${root}tsconfig.json`,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: 'inline',
  // One copy of tfjs-core for the packages and the backends: the ESM one.
  noExternal: [/^@tensorflow\/tfjs-(core|backend)/, /^@latent-matte\/(core|models)/],
  external: ['@latent-matte/backend-node', 'node-fetch'],
  esbuildOptions: (options) => {
    options.mainFields = ['module', 'main'];
    // Importing gradients.ts is done for its side effect, which package.json only grants the built file.
    options.ignoreAnnotations = true;
    // The wasm backend was compiled for CommonJS.
    options.banner = {
      js: [
        "import { createRequire as nodeRequire } from 'node:module';",
        "import { fileURLToPath as nodePath } from 'node:url';",
        'const require = nodeRequire(import.meta.url);',
        "const __dirname = nodePath(new URL('.', import.meta.url));",
      ].join(' '),
    };
  },
});

const { main } = await import(pathToFileURL(`${outDir}/main.mjs`).href);
process.exitCode = await main(process.argv.slice(2));
