/**
 * Pairs with pseudo ground truth from plain photographs, by the idea of the paper (III-C): the photograph as it is, with
 * the alpha and the trimap of its *enhanced* version. For fine-tuning where no generator invents portraits.
 *
 *     node scripts/pseudo-pairs.mjs --photos DIR --out DIR [--count 48] [--steps 12] [--device native]
 *
 * Writes image/ alpha/ trimap/ and manifest.jsonl; pairs that are there already are kept, so it may be stopped at will.
 */
import { existsSync } from 'node:fs';
import { appendFile, readdir } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { parseArgs } from 'node:util';
import {
  enhancePortrait,
  makeFolder,
  type NodeDevice,
  NoPersonError,
  readImage,
  useNodeBackend,
  writeImage,
} from '@latent-matte/backend-node';

const { values } = parseArgs({
  options: {
    photos: { type: 'string' },
    out: { type: 'string' },
    count: { type: 'string', default: '48' },
    steps: { type: 'string', default: '12' },
    device: { type: 'string', default: 'auto' },
    seed: { type: 'string', default: '1' },
  },
});
const { photos, out } = values;
if (photos === undefined || out === undefined) throw new Error('Give --photos DIR and --out DIR.');
for (const kind of ['image', 'alpha', 'trimap']) await makeFolder(join(out, kind));
const backend = await useNodeBackend({ device: values.device as NodeDevice });
console.log(backend.description);

const names = (await readdir(photos)).sort();
const wanted = Math.min(Number(values.count), names.length);
for (let i = 0; i < wanted; i++) {
  // Spread over the folder.
  const file = names[Math.floor((i * names.length) / wanted)];
  const name = `${parse(file).name}.png`;
  // The alpha is written last.
  if (existsSync(join(out, 'alpha', name))) continue;
  const photo = await readImage(join(photos, file));
  try {
    const { enhanced, original, bestStep, psnr, seconds } = await enhancePortrait(photo, {
      preset: 'fast',
      steps: Number(values.steps),
      seed: Number(values.seed),
    });
    await writeImage(join(out, 'image', name), photo);
    await writeImage(join(out, 'trimap', name), enhanced.trimap);
    await writeImage(join(out, 'alpha', name), enhanced.alpha);
    const line = { name, entropy: [original.entropy, enhanced.entropy], bestStep, psnr, seconds };
    await appendFile(join(out, 'manifest.jsonl'), `${JSON.stringify(line)}\n`);
    console.log(`${i + 1}/${wanted} ${name} step ${bestStep}, ${seconds.toFixed(1)} s`);
  } catch (error) {
    if (!NoPersonError.isInstance(error) || error.code !== 'NO_PERSON') throw error;
    console.log(`${i + 1}/${wanted} ${name}: nobody there`);
  }
}
