/**
 * Packs folders of square photographs of faces into one flat file of 256×256 RGB, which the training of the
 * generator reads.
 *
 *     pnpm --filter @latent-matte/training train:faces --data DIR --data DIR --out .training/faces
 */
import { mkdir, open, readdir, rename, writeFile } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { FACE_SIZE, type FaceIndex, isHeldOut } from './faces';

const { values } = parseArgs({
  options: {
    data: { type: 'string', multiple: true },
    out: { type: 'string', default: '.training/faces' },
  },
});
if (values.data === undefined) throw new Error('Say where the faces are: --data DIR');
await mkdir(values.out, { recursive: true });

const packed = await open(join(values.out, 'faces.part'), 'w');
const index: FaceIndex = [];
for (const folder of values.data) {
  for (const file of (await readdir(folder)).sort()) {
    const image = await sharp(join(folder, file))
      .resize(FACE_SIZE, FACE_SIZE, { fit: 'fill' })
      .removeAlpha()
      .toColourspace('srgb')
      .raw()
      .toBuffer();
    if (image.length !== FACE_SIZE ** 2 * 3) throw new Error(`${file}: expected RGB`);
    await packed.write(image);
    const { name } = parse(file);
    index.push({ name, heldOut: isHeldOut(name) });
  }
}
await packed.close();
await rename(join(values.out, 'faces.part'), join(values.out, 'faces.bin'));
await writeFile(join(values.out, 'faces.json'), JSON.stringify(index));
const heldOut = index.filter((face) => face.heldOut).length;
console.log(`${index.length} faces in ${values.out}, ${heldOut} of them held out`);
