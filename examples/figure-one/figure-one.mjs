// node figure-one.mjs [photo] [steps]: Figure 1 of the paper for a photo of yours, cell by cell like a notebook.
// Top row: the photo, its trimap, its matte, the person over a plain colour. Bottom row: the same of the enhanced
// portrait. Last column: where the matte moved, and what was changed in the photo, amplified.
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import {
  enhancePortrait,
  estimateForeground,
  readImage,
  useNodeBackend,
  writeImage,
} from '@latent-matte/backend-node';
import { toFloatImage } from '@latent-matte/backend-node/core';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const [file = here('../quickstart/astronaut-portrait.png'), steps = '20'] = process.argv.slice(2);

// %% A device, and the photo as floats in [0, 1].
const backend = await useNodeBackend();
console.log(backend.description);
const photo = toFloatImage(await readImage(file));
const { width, height } = photo;

// %% The search of Algorithm 1. `original` and `enhanced` hold the trimap and the matte before and after.
const { portrait, original, enhanced, foreground, bestStep, psnr } = await enhancePortrait(photo, {
  steps: Number(steps),
});
console.log(`step ${bestStep} of ${steps}, ${psnr.toFixed(1)} dB to the photo`);
console.log(`entropy ${original.entropy.toFixed(3)} → ${enhanced.entropy.toFixed(3)} nats`);

// %% The person in the photo, by the photo's own matte: what one would have got without the search.
const { foreground: before } = await estimateForeground(photo, original.alpha);

// %% The pictures of the figure, all of one size: [pixel, channel] → value in [0, 1].
const PLAIN = [0.36, 0.55, 0.47];
const AMPLIFICATION = 50;
const rgb = (image) => (p, c) => image.data[p * 3 + c];
const grey = (image) => (p) => image.data[p];
const over = (colors, alpha) => (p, c) =>
  alpha.data[p] * colors.data[p * 3 + c] + (1 - alpha.data[p]) * PLAIN[c];
const change = (p, c) => 0.5 + AMPLIFICATION * (portrait.data[p * 3 + c] - photo.data[p * 3 + c]);
const moved = (p) => Math.abs(enhanced.alpha.data[p] - original.alpha.data[p]);
const rows = [
  [rgb(photo), grey(original.trimap), grey(original.alpha), over(before, original.alpha), moved],
  [
    rgb(portrait),
    grey(enhanced.trimap),
    grey(enhanced.alpha),
    over(foreground, enhanced.alpha),
    change,
  ],
];

// %% Side by side, with a margin.
const GAP = Math.round(width / 40);
const columns = rows[0].length;
const figure = {
  width: columns * (width + GAP) - GAP,
  height: rows.length * (height + GAP) - GAP,
  channels: 3,
};
figure.data = new Float32Array(figure.width * figure.height * 3).fill(1);
for (const [row, pictures] of rows.entries()) {
  for (const [column, value] of pictures.entries()) {
    for (let p = 0; p < width * height; p++) {
      const x = column * (width + GAP) + (p % width);
      const y = row * (height + GAP) + Math.floor(p / width);
      for (let c = 0; c < 3; c++) {
        figure.data[(y * figure.width + x) * 3 + c] = Math.min(1, Math.max(0, value(p, c)));
      }
    }
  }
}
await mkdir(here('out'), { recursive: true });
await writeImage(here('out/figure-one.png'), figure, { maxSide: 3000 });
console.log(here('out/figure-one.png'));
