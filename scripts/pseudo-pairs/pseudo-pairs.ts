/**
 * Pairs with pseudo ground truth from plain photographs (`labelPortraits`), by the idea of the paper (III-C): the
 * photograph as it is, with the alpha of its *enhanced* version. For fine-tuning where no generator invents portraits.
 *
 *     node scripts/pseudo-pairs.mjs --photos DIR --out DIR [--count 48] [--steps 12] [--device native]
 *         [--model compact-matting --model NAME …]
 *
 * Writes image/ alpha/ trimap/ of what the quality gate accepted and manifest.jsonl, a line for every photograph. Goes on
 * after the last line of the manifest, so it may be stopped at will.
 */
import { existsSync } from 'node:fs';
import { appendFile, readdir, readFile } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { parseArgs } from 'node:util';
import { type NodeDevice, readImage, useNodeBackend, writeImage } from '@latent-matte/backend-node';
import { labelPortraits } from '@latent-matte/backend-node/generate';
import { registerInstalledModels } from '@latent-matte/backend-node/models';
import { makeFolder } from '@latent-matte/files/make-folder';

const { values } = parseArgs({
  options: {
    photos: { type: 'string' },
    out: { type: 'string' },
    count: { type: 'string', default: '48' },
    steps: { type: 'string', default: '12' },
    device: { type: 'string', default: 'auto' },
    seed: { type: 'string', default: '1' },
    model: { type: 'string', multiple: true, default: ['compact-matting'] },
  },
});
const { photos, out } = values;
if (photos === undefined || out === undefined) throw new Error('Give --photos DIR and --out DIR.');
for (const kind of ['image', 'alpha', 'trimap']) await makeFolder(join(out, kind));
await registerInstalledModels();
const backend = await useNodeBackend({ device: values.device as NodeDevice });
console.log(backend.description);

const names = (await readdir(photos)).sort();
const wanted = Math.min(Number(values.count), names.length);
// Spread over the folder.
const fileOf = (index: number) => names[Math.floor((index * names.length) / wanted)]!;
const manifest = join(out, 'manifest.jsonl');
const start = existsSync(manifest) ? (await readFile(manifest, 'utf8')).split('\n').length - 1 : 0;

async function* rest() {
  for (let i = start; i < wanted; i++) yield await readImage(join(photos!, fileOf(i)));
}

for await (const pair of labelPortraits({
  portraits: rest(),
  start,
  models: values.model,
  steps: Number(values.steps),
  advanced: { seed: Number(values.seed) },
})) {
  const { index, gate, label, models, enhancement } = pair;
  const name = `${parse(fileOf(index)).name}.png`;
  if (gate.accepted) {
    for (const kind of ['image', 'alpha', 'trimap'] as const) {
      await writeImage(join(out, kind, name), pair[kind]);
    }
  }
  const { accepted, reasons, measures } = gate;
  const line = { name, accepted, reasons, measures, label, models, enhancement };
  await appendFile(manifest, `${JSON.stringify(line)}\n`);
  const why = accepted ? 'accepted' : reasons.map(({ message }) => message).join(' ');
  console.log(`${index + 1}/${wanted} ${name} by ${models.reference}: ${why}`);
}
