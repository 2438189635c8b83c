// `pnpm bench [--json] [--only SECTION[,SECTION]] [--match TEXT] [--device wasm|native|webgpu|cpu]`: ratios measured in one run.
import { importBundled } from './bundle.mjs';

const { main } = await importBundled('scripts/bench/main.ts');
process.exitCode = await main(process.argv.slice(2));
