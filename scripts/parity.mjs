// `pnpm parity --fixtures DIR [--only ITEM[,ITEM]] [--backend NAME] [--verbose]`
import { importBundled } from './bundle.mjs';

const { main } = await importBundled('scripts/parity/main.ts', {
  external: ['@latent-matte/backend-node'],
});
process.exitCode = await main(process.argv.slice(2));
