import { importBundled } from './bundle.mjs';
const { main } = await importBundled('scripts/parity/dbg.ts', { external: ['@latent-matte/backend-node'] });
await main(process.argv.slice(2));
