// node scripts/readme-picture.mjs [folder] [photo]: makes docs/images/overview.jpg, the picture of the README, from the
// results that `npm run quickstart` leaves: the photo; cut out before and after, over a colour; and, enlarged, the place
// at which the mattes differ most.
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import {
  estimateForeground,
  readImage,
  readMap,
  useNodeBackend,
  writeImage,
} from '@latent-matte/backend-node';
import { toFloatImage } from '@latent-matte/backend-node/core';
import { pictureGrid } from './picture-grid.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = process.argv[2] ?? `${root}out/quickstart`;
const photo = process.argv[3] ?? `${root}examples/quickstart/astronaut-portrait.png`;
const target = `${root}docs/images/overview.jpg`;

const PLAIN = [0.25, 0.55, 0.35];
const GAP = 8;

await useNodeBackend();
const source = toFloatImage(await readImage(photo));
const { width, height } = source;
const matteOf = async (name) => toFloatImage(await readMap(`${folder}/${name}.png`));
const [before, after] = [await matteOf('alpha-before'), await matteOf('alpha')];
const portrait = toFloatImage(await readImage(`${folder}/portrait.png`));

/** Each over the colour as a user sees it: with the colours of the person alone at the edge. */
async function cutOut(image, alpha) {
  const { foreground } = await estimateForeground(image, alpha);
  return (p, c) => {
    const a = alpha.data[p];
    return a * foreground.data[p * 3 + c] + (1 - a) * PLAIN[c];
  };
}
const cutOuts = [await cutOut(source, before), await cutOut(portrait, after)];

/** Of a place, in pixels of the photo: shown at the size of the photo. */
const side = { width: Math.floor((width - GAP) / 4), height: Math.floor((height - GAP) / 4) };
const { left, top } = mostChanged();
/** The pixel under a pixel of a picture that shows the place at the size of the photo. */
const enlarged = (valueAt) => (p, c) => {
  const x = left + Math.floor(((p % width) / width) * side.width);
  const y = top + Math.floor((Math.floor(p / width) / height) * side.height);
  return valueAt(y * width + x, c);
};

const whole = [(p, c) => source.data[p * 3 + c], ...cutOuts];
await mkdir(`${root}docs/images`, { recursive: true });
await writeImage(target, pictureGrid(source, [whole, whole.map(enlarged)], GAP), {
  maxSide: 1200,
  quality: 88,
});
console.log(target);

/** The corner of the place at which the mattes differ most. */
function mostChanged() {
  let best = { change: -1, left: 0, top: 0 };
  for (let top = 0; top + side.height <= height; top += 4) {
    for (let left = 0; left + side.width <= width; left += 4) {
      let change = 0;
      for (let y = top; y < top + side.height; y++) {
        for (let x = left; x < left + side.width; x++) {
          change += Math.abs(after.data[y * width + x] - before.data[y * width + x]);
        }
      }
      if (change > best.change) best = { change, left, top };
    }
  }
  return best;
}
