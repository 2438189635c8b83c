// `pnpm ruler`: the networks at hand, as they are, on photographs with known mattes. See scripts/ruler/main.ts.
import { importBundled } from './bundle.mjs';

const { main } = await importBundled('scripts/ruler/main.ts');
process.exitCode = await main(process.argv.slice(2));
