/**
 * Packs a folder of portraits with mattes (`image/`, `alpha/`, `background/`) into flat binary files that
 * the trainings read: photograph, foreground colours (multi-level estimation) and alpha, 512×512 each.
 *
 *     pnpm --filter @latent-matte/training train:prepare --data DIR --out DIR
 */
import { mkdir, open, readdir, rename, writeFile } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { parseArgs } from 'node:util';
import { createRandom } from '@latent-matte/core';
import { estimateMultiLevel } from '@latent-matte/core/ops';
import sharp from 'sharp';
import { BACKGROUND_HEIGHT, BACKGROUND_WIDTH, type DataIndex, PORTRAIT_SIZE } from './data-set';

const { values } = parseArgs({
  options: { data: { type: 'string' }, out: { type: 'string', default: '.training/data' } },
});
if (values.data === undefined) throw new Error('Say where the portraits are: --data DIR');
const out = values.out;
await mkdir(out, { recursive: true });

const names = (await readdir(join(values.data, 'image'))).sort();
const pixels = PORTRAIT_SIZE * PORTRAIT_SIZE;
const portraits = await open(join(out, 'portraits.part'), 'w');
const kept: string[] = [];
for (const [i, file] of names.entries()) {
  const name = parse(file).name;
  const image = await sharp(join(values.data, 'image', file))
    .resize(PORTRAIT_SIZE, PORTRAIT_SIZE, { fit: 'fill' })
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer();
  const alpha = await sharp(join(values.data, 'alpha', `${name}.png`))
    .resize(PORTRAIT_SIZE, PORTRAIT_SIZE, { fit: 'fill' })
    .toColourspace('b-w')
    .raw()
    .toBuffer();
  if (image.length !== pixels * 3 || alpha.length !== pixels) {
    throw new Error(`${name}: expected RGB and a one-channel matte`);
  }
  const layers = estimateMultiLevel(
    Float32Array.from(image, (v) => v / 255),
    Float32Array.from(alpha, (v) => v / 255),
    PORTRAIT_SIZE,
    PORTRAIT_SIZE,
  );
  const foreground = Uint8Array.from(layers.foreground, (v) => Math.round(v * 255));
  await portraits.appendFile(image);
  await portraits.appendFile(foreground);
  await portraits.appendFile(alpha);
  kept.push(name);
  if (i % 50 === 49) console.log(`${i + 1}/${names.length} portraits`);
}
await portraits.close();

const backgrounds: string[] = [];
const backgroundFile = await open(join(out, 'backgrounds.part'), 'w');
for (const file of (await readdir(join(values.data, 'background'))).sort()) {
  const pipeline = sharp(join(values.data, 'background', file));
  const { width = 0, height = 0 } = await pipeline.metadata();
  const upright = height > width ? pipeline.rotate(90) : pipeline;
  const data = await upright
    .resize(BACKGROUND_WIDTH, BACKGROUND_HEIGHT, { fit: 'cover' })
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer();
  await backgroundFile.appendFile(data);
  backgrounds.push(parse(file).name);
}
await backgroundFile.close();

// A slice of the training data for choices (learning rates, losses, settings): never the dev set.
const random = createRandom(20221);
const index: DataIndex = {
  portraits: kept.map((name) => ({ name, validation: random.uniform() < 0.07 })),
  backgrounds: backgrounds.map((name) => ({ name, validation: random.uniform() < 0.1 })),
};
await rename(join(out, 'portraits.part'), join(out, 'portraits.bin'));
await rename(join(out, 'backgrounds.part'), join(out, 'backgrounds.bin'));
await writeFile(join(out, 'index.json'), JSON.stringify(index));
console.log(`${kept.length} portraits, ${backgrounds.length} backgrounds in ${out}`);
