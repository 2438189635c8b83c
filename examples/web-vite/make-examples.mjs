// Cuts the pictures of the quickstart out with the default network, for the page to show at once:
//   node examples/web-vite/make-examples.mjs
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { cutOut, readImage, useNodeBackend, writeImage } from '@latent-matte/backend-node';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const pictures = { whole: 'astronaut.png', 'close-up': 'astronaut-portrait.png' };

await useNodeBackend();
const examples = [];
for (const [name, file] of Object.entries(pictures)) {
  const photo = await readImage(here(`../quickstart/${file}`));
  const person = await cutOut(photo);
  await writeImage(here(`src/examples/${name}.webp`), photo);
  await person.write(here(`src/examples/${name}-cut-out.webp`));
  examples.push({ name, confidence: Number(person.confidence.toFixed(3)) });
}
await writeFile(here('src/examples/examples.json'), `${JSON.stringify(examples, null, 2)}\n`);
