// node scripts/method-pictures.mjs: makes the pictures of docs/method.md from the astronaut, after a build.
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import {
  enhancePortrait,
  estimateForeground,
  readImage,
  useNodeBackend,
  writeImage,
} from '@latent-matte/backend-node';
import { toFloatImage } from '@latent-matte/backend-node/core';
import { pictureGrid } from './picture-grid.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const PLAIN = [0.36, 0.55, 0.47];
const GAP = 8;
const AMPLIFICATION = 50;

await useNodeBackend();
const photo = toFloatImage(await readImage(`${root}examples/quickstart/astronaut-portrait.png`));
const { width, height } = photo;

const rgb = (image) => (p, c) => image.data[p * 3 + c];
const grey = (image) => (p) => image.data[p];
const over = (colors, alpha) => (p, c) =>
  alpha.data[p] * colors.data[p * 3 + c] + (1 - alpha.data[p]) * PLAIN[c];
const difference = (a, b) => (p, c) =>
  0.5 + AMPLIFICATION * (a.data[p * 3 + c] - b.data[p * 3 + c]);
const write = (name, rows) =>
  writeImage(`${root}docs/images/${name}.jpg`, pictureGrid(photo, rows, GAP), {
    maxSide: 1000,
    quality: 85,
  });
/** What the networks see in a picture, nothing searched. */
const matteOf = async (image) => (await enhancePortrait(image, { steps: 0 })).original;

// The task: trimap, matte, and what a wrong matte does to a composite.
const previews = new Map();
const { portrait, original, enhanced, foreground, history, bestStep } = await enhancePortrait(
  photo,
  {
    advanced: { previewEvery: 5 },
    onProgress: ({ step, preview }) => preview && previews.set(step, preview),
  },
);
const { foreground: before } = await estimateForeground(photo, original.alpha);
await write('method-task', [
  [rgb(photo), grey(original.trimap), grey(original.alpha), over(before, original.alpha)],
]);

// The views: the same person, so the same matte, if only the networks knew.
const changed = (valueAt) => {
  const data = new Float32Array(photo.data.length);
  for (let p = 0; p < width * height; p++) {
    for (let c = 0; c < 3; c++) data[p * 3 + c] = valueAt(p, c);
  }
  return { width, height, channels: 3, data };
};
const mirrored = (p) => Math.floor(p / width) * width + (width - 1 - (p % width));
const views = [
  photo,
  changed((p, c) => photo.data[mirrored(p) * 3 + c]),
  changed((p, c) => photo.data[p * 3 + c] ** 0.8),
  changed((p, c) => photo.data[p * 3 + c] ** 1.25),
];
const mattes = [];
for (const view of views) mattes.push(grey((await matteOf(view)).alpha));
await write('method-views', [views.map(rgb), mattes]);

// The search: the change grows, the matte follows. Previews are at the working size, with the portrait in their middle.
const cropped = ({ width: from, height: high, channels, data }) => {
  const scale = Math.min(from / width, high / height);
  const [left, top] = [(from - width * scale) / 2, (high - height * scale) / 2];
  return (p, c) => {
    const x = Math.min(from - 1, Math.floor(left + ((p % width) + 0.5) * scale));
    const y = Math.min(high - 1, Math.floor(top + (Math.floor(p / width) + 0.5) * scale));
    return data[(y * from + x) * channels + (channels === 1 ? 0 : c)];
  };
};
const shown = [5, 10, 15].filter((step) => previews.has(step));
const start = cropped(previews.get(0).portrait);
await write('method-search', [
  shown.map((step) => {
    const now = cropped(previews.get(step).portrait);
    return (p, c) => 0.5 + AMPLIFICATION * (now(p, c) - start(p, c));
  }),
  shown.map((step) => cropped(previews.get(step).alpha)),
]);

// The result, at the size of the photo.
await write('method-result', [
  [rgb(photo), grey(original.alpha), over(before, original.alpha), () => 1],
  [
    rgb(portrait),
    grey(enhanced.alpha),
    over(foreground, enhanced.alpha),
    difference(portrait, photo),
  ],
]);

// The losses, as curves.
const curve = (title, valueAt, left) => {
  const points = history
    .map((step) => [step.step, valueAt(step)])
    .filter(([, v]) => Number.isFinite(v));
  const values = points.map(([, value]) => value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const x = (step) => left + 20 + (step / (history.length - 1)) * 260;
  const y = (value) => 130 - ((value - low) / (high - low || 1)) * 90;
  const line = points.map(([s, v]) => `${x(s).toFixed(1)},${y(v).toFixed(1)}`).join(' ');
  const [first, last] = [values[0], values.at(-1)].map((value) => value.toPrecision(3));
  return `<text x="${left + 20}" y="24">${title}: ${first} → ${last}</text>
<path class="axis" d="M${left + 20} 140h260"/><path class="best" d="M${x(bestStep).toFixed(1)} 36V140"/>
<polyline points="${line}"/>`;
};
await writeFile(
  `${root}docs/images/method-curves.svg`,
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 620 160" role="img">
<title>The agreement loss, every second step that of the mirror image, falls, and the likeness to the photo too, above the bound of 45 dB; the line marks the step that is returned</title>
<style>text{font:13px system-ui,sans-serif;fill:#777}polyline{fill:none;stroke:#2f8f68;stroke-width:2}.axis{stroke:#999;fill:none}.best{stroke:#c9772b;stroke-dasharray:3 3}</style>
${curve('agreement', ({ losses }) => losses.agreement, 0)}
${curve('likeness, dB', ({ psnr }) => psnr, 310)}
</svg>
`,
);
console.log(`${history.length - 1} steps, step ${bestStep} returned; pictures in docs/images`);
