// node enhance.mjs photo.jpg [folder]: writes portrait.png, alpha.png and cutout.png
import { mkdir } from 'node:fs/promises';
import {
  enhancePortrait,
  readImage,
  useNodeBackend,
  withAlpha,
  writeImage,
} from '@latent-matte/backend-node';

const [photo = '../quickstart/astronaut-portrait.png', folder = 'out'] = process.argv.slice(2);
await useNodeBackend();
const { portrait, alpha, foreground, psnr } = await enhancePortrait(await readImage(photo), {
  steps: 20,
  onProgress: ({ step, steps }) => console.log(`step ${step} of ${steps}`),
});
await mkdir(folder, { recursive: true });
await writeImage(`${folder}/portrait.png`, portrait);
await writeImage(`${folder}/alpha.png`, alpha);
await writeImage(`${folder}/cutout.png`, withAlpha(foreground, alpha));
console.log(`${psnr.toFixed(1)} dB to the photo; files in ${folder}`);
