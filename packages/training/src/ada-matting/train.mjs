// Trains a small AdaMatting by `fineTune` on what packages/training/python/pack.py packed, on tfjs-node; from the root:
//
//     node packages/training/src/ada-matting/train.mjs --pack DIR --out DIR [--steps 2000] [--width 16] [--depths 1,1,1,1]
//
// Goes on from its checkpoint. OUT/figures.json: the adapted trimap against the given one on held-out pictures.
import { importBundled } from '../../../../scripts/bundle.mjs';

const { main } = await importBundled('packages/training/src/ada-matting/main.ts');
await main(process.argv.slice(2));
process.exit();
