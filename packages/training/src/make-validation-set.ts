/**
 * Writes composites of the held-out training portraits as an evaluation folder (`image/ alpha/ trimap/`), to
 * choose settings on: the dev set stays untouched until the end.
 *
 *     pnpm --filter @latent-matte/training train:validation-set --count 24 --out DIR
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createRandom } from '@latent-matte/core';
import { trimapFromAlpha } from '@latent-matte/core/ops';
import sharp from 'sharp';
import { loadDataSet, PORTRAIT_SIZE } from './data-set';
import { sampleBackground } from './sampler';

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '.training/data' },
    out: { type: 'string', default: '.training/validation' },
    count: { type: 'string', default: '24' },
    seed: { type: 'string', default: '7' },
  },
});
const data = await loadDataSet(values.data, 'validation');
const random = createRandom(Number(values.seed));
const size = PORTRAIT_SIZE;
for (const folder of ['image', 'alpha', 'trimap']) {
  await mkdir(join(values.out, folder), { recursive: true });
}
const count = Math.min(Number(values.count), data.portraits.length);
for (let n = 0; n < count; n++) {
  const portrait = data.portraits[n];
  const picture = data.backgrounds[random.integer(data.backgrounds.length)];
  const background = sampleBackground(picture, random, size);
  const alpha = Float32Array.from(portrait.alpha.data, (v) => v / 255);
  const image = Uint8Array.from(portrait.foreground.data, (value, i) => {
    const a = alpha[Math.floor(i / 3)];
    return Math.round(a * value + (1 - a) * background[i] * 255);
  });
  const trimap = trimapFromAlpha(alpha, size, size, 9, 4).map((v) => [0, 128, 255][v]);
  const name = `${String(n).padStart(3, '0')}.png`;
  const write = (folder: string, bytes: Uint8Array, channels: 1 | 3) =>
    sharp(bytes, { raw: { width: size, height: size, channels } }).toFile(
      join(values.out, folder, name),
    );
  await write('image', image, 3);
  await write('alpha', portrait.alpha.data, 1);
  await write('trimap', trimap, 1);
}
console.log(`${count} composites in ${values.out}`);
