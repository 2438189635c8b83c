// `pnpm fuzz`: every parser against damaged files. See scripts/fuzz/main.ts.
import { importBundled } from './bundle.mjs';

const { main } = await importBundled('scripts/fuzz/main.ts');
process.exitCode = await main(process.argv.slice(2));
