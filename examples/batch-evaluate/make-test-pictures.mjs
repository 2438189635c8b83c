import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { enhancePortrait, readImage, writeImage } from '@latent-matte/backend-node';
import { createRandom, toFloatImage } from '@latent-matte/backend-node/core';

const photo = fileURLToPath(new URL('../quickstart/astronaut-portrait.png', import.meta.url));

/**
 * Two portraits with true mattes: the astronaut, cut out once, over smooth backgrounds of seeded colours.
 *
 * @param {string} folder gets image/ and alpha/
 */
export async function makeTestPictures(folder) {
  // No steps: only the matte and the colours of the person.
  const { enhanced, foreground } = await enhancePortrait(toFloatImage(await readImage(photo)), {
    steps: 0,
  });
  const { width, height } = foreground;
  for (const kind of ['image', 'alpha']) await mkdir(`${folder}/${kind}`, { recursive: true });
  for (const name of ['one', 'two']) {
    const random = createRandom(0).fork(name);
    const corners = Array.from({ length: 4 }, () => [0, 1, 2].map(() => random.uniform()));
    const data = new Float32Array(width * height * 3);
    for (let p = 0; p < width * height; p++) {
      const [x, y] = [(p % width) / width, Math.floor(p / width) / height];
      const alpha = enhanced.alpha.data[p];
      for (let c = 0; c < 3; c++) {
        const [a, b, d, e] = corners.map((color) => color[c]);
        const behind = (a * (1 - x) + b * x) * (1 - y) + (d * (1 - x) + e * x) * y;
        data[p * 3 + c] = alpha * foreground.data[p * 3 + c] + (1 - alpha) * behind;
      }
    }
    await writeImage(`${folder}/image/${name}.png`, { width, height, channels: 3, data });
    await writeImage(`${folder}/alpha/${name}.png`, enhanced.alpha);
  }
  return folder;
}
