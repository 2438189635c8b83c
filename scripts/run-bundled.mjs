// Runs a program of this repository that loads a backend with the sources of the packages; from the root:
//
//     node scripts/run-bundled.mjs FILE.ts [arguments]
import { importBundled } from './bundle.mjs';

const [entry, ...args] = process.argv.slice(2);
if (entry === undefined) throw new Error('Say which program: node scripts/run-bundled.mjs FILE.ts');
// The program reads its arguments as if it had been started itself.
process.argv = [process.argv[0], entry, ...args];
await importBundled(entry);
