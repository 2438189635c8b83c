// node scripts/readme-picture.mjs [folder] [photo]: makes docs/images/overview.jpg, the picture of the README, from
// the results that `npm run quickstart` leaves: photo, change, matte, cut-out over a plain colour.
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { readImage, readMap, toFloatImage, writeImage } from '@latent-matte/backend-node';
import { pictureGrid } from './picture-grid.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = process.argv[2] ?? `${root}out/quickstart`;
const photo = process.argv[3] ?? `${root}examples/quickstart/astronaut-portrait.png`;
const target = `${root}docs/images/overview.jpg`;

/** Linen, in [0, 1]. */
const PLAIN = [0.91, 0.87, 0.81];
const GAP = 8;
const onWarning = () => {};

const source = toFloatImage(await readImage(photo));
const change = toFloatImage(await readImage(`${folder}/perturbation.png`));
const alpha = toFloatImage(await readMap(`${folder}/alpha.png`));
// Read as RGB over grey, which is taken off again: α F = RGB − (1 − α) / 2.
const cutOut = toFloatImage(await readImage(`${folder}/foreground.png`, { onWarning }));
const pictures = [
  (p, c) => source.data[p * 3 + c],
  (p, c) => change.data[p * 3 + c],
  (p) => alpha.data[p],
  (p, c) => cutOut.data[p * 3 + c] + (PLAIN[c] - 0.5) * (1 - alpha.data[p]),
];

await mkdir(`${root}docs/images`, { recursive: true });
await writeImage(target, pictureGrid(source, [pictures], GAP), { maxSide: 1200, quality: 88 });
console.log(target);
