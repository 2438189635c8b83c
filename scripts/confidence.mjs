// `pnpm confidence`: fits and counts the confidence that a matte holds a person. See scripts/confidence/main.ts.
import { importBundled } from './bundle.mjs';

const { main } = await importBundled('scripts/confidence/main.ts');
process.exitCode = await main(process.argv.slice(2));
