/**
 * Adds to the packed portraits what networks make of them, plain and without a search: mistakes for the
 * discriminator to learn, which it meets in a search.
 *
 *     pnpm --filter @latent-matte/training train:mattes --data DIR --model portrait-matte --model sinet.onnx
 *
 * Writes `mattes.bin`: per portrait one 512×512 matte of each model, in the order of `mattes.json`.
 */
import { open, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { matte, useNodeBackend } from '@latent-matte/backend-node';
import { type DataIndex, type MatteIndex, PORTRAIT_BYTES, PORTRAIT_SIZE } from './data-set';

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '.training/data' },
    model: { type: 'string', multiple: true, default: ['portrait-matte', 'portrait-matting'] },
  },
});
await useNodeBackend({ device: 'native' });
const { portraits }: DataIndex = JSON.parse(
  await readFile(join(values.data, 'index.json'), 'utf8'),
);
const pixels = PORTRAIT_SIZE * PORTRAIT_SIZE;
const packed = await open(join(values.data, 'portraits.bin'));
const out = await open(join(values.data, 'mattes.part'), 'w');
const rgb = new Uint8Array(pixels * 3);
for (let i = 0; i < portraits.length; i++) {
  await packed.read(rgb, 0, rgb.length, i * PORTRAIT_BYTES);
  const photo = { data: rgb, width: PORTRAIT_SIZE, height: PORTRAIT_SIZE, channels: 3 } as const;
  for (const model of values.model) {
    // What a network says by itself: looks and colours belong to the cut-out, not to the losses.
    const { alpha } = await matte(photo, {
      model,
      refine: false,
      secondLook: false,
      edgeLook: false,
      turnedLooks: false,
    });
    await out.appendFile(Uint8Array.from(alpha.data, (value) => Math.round(value * 255)));
  }
  if (i % 50 === 49) console.log(`${i + 1}/${portraits.length} portraits`);
}
await out.close();
await packed.close();
await rename(join(values.data, 'mattes.part'), join(values.data, 'mattes.bin'));
const index: MatteIndex = { models: values.model };
await writeFile(join(values.data, 'mattes.json'), JSON.stringify(index));
