// Trains a small AdaMatting by `fineTune` on what packages/training/python/pack.py packed, on tfjs-node; from the root:
//
//     node scripts/train-ada-matting.mjs --pack DIR --out DIR [--steps 2000] [--width 16 --depths 1,1,1,1 | --weights FILE]
//
// Goes on from its checkpoint, or else begins with the weights of FILE, if one is named. OUT/figures.json: the adapted trimap
// against the given one on held-out pictures.
import { importBundled } from './bundle.mjs';

const { main } = await importBundled('packages/training/src/ada-matting/main.ts');
await main(process.argv.slice(2));
process.exit();
