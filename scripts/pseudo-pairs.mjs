import { importBundled } from './bundle.mjs';

await importBundled('scripts/pseudo-pairs/pseudo-pairs.ts');
