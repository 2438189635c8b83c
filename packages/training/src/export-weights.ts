/**
 * Writes the moving averages of finished (or running) trainings as float16 safetensors into `weights/`, and
 * records size, SHA-256, licence and command in `models.json`.
 *
 *     pnpm --filter @latent-matte/training train:export
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { serializeSafetensors } from '@latent-matte/core/checkpoints';
import { sha256Of } from '@latent-matte/files/sha256-of';
import {
  discriminatorNetwork,
  mattingNetwork,
  type NetworkDefinition,
  parameterCount,
  trimapNetwork,
} from '@latent-matte/models/internals';
import { readAverage } from './checkpoint';

/**
 * Added to the logit of "unknown". A pixel wrongly called sure costs a matte far more than one wrongly called
 * unknown, which the cross-entropy of the training does not know. Chosen on the held-out training portraits.
 */
const UNKNOWN_BIAS = 0.4;

const { values } = parseArgs({
  options: { out: { type: 'string', default: '.training' } },
});
const root = fileURLToPath(new URL('../../compact', import.meta.url));
const manifestFile = join(root, 'models.json');

const tasks: { kind: string; network: NetworkDefinition; description: string }[] = [
  {
    kind: 'trimap',
    network: trimapNetwork,
    description: 'RGB → background / unknown / foreground, seen at 256 pixels',
  },
  {
    kind: 'matting',
    network: mattingNetwork,
    description: 'RGB and trimap → alpha, 64 to 1024 pixels',
  },
  {
    kind: 'discriminator',
    network: discriminatorNetwork,
    description: 'realism of a re-composited portrait, seen at 256 pixels',
  },
];

const manifest = existsSync(manifestFile)
  ? JSON.parse(await readFile(manifestFile, 'utf8'))
  : { models: [] };
await mkdir(join(root, 'weights'), { recursive: true });
for (const { kind, network, description } of tasks) {
  const checkpoint = join(values.out, kind, 'checkpoint.safetensors');
  if (!existsSync(checkpoint)) {
    console.log(`${kind}: no checkpoint, skipped`);
    continue;
  }
  const average = await readAverage(checkpoint, Object.keys(network.parameters));
  if (kind === 'trimap') average['head.bias'][1] += UNKNOWN_BIAS;
  const bytes = serializeSafetensors(
    Object.entries(network.parameters).map(
      ([name, { shape }]) => [name, { dtype: 'F16', shape, data: average[name] }] as const,
    ),
    { network: network.name },
  );
  const file = `weights/${network.name}.safetensors`;
  await writeFile(join(root, `${file}.part`), bytes);
  await rename(join(root, `${file}.part`), join(root, file));
  const log = (await readFile(join(values.out, kind, 'log.jsonl'), 'utf8')).trim().split('\n');
  const validation = log.map((line) => JSON.parse(line)).findLast((entry) => entry.validation);
  const entry = {
    id: network.name,
    kind,
    description,
    file,
    parameters: parameterCount(network),
    size: bytes.length,
    sha256: sha256Of(bytes),
    license: 'CC-BY-NC-SA-4.0',
    trainedOn:
      'portraits: One Million Impressions (StyleGAN2-FFHQ faces, CC BY-NC-SA 4.0), Face Research Lab London Set and Canada set (CC BY 4.0, DeBruine & Jones), mattes by IS-Net; backgrounds: BSDS500 (research)',
    command: `pnpm --filter @latent-matte/training train ${kind} (${validation?.step} steps)`,
    metrics: { steps: validation?.step, ...validation?.validation },
  };
  const at = manifest.models.findIndex((model: { id: string }) => model.id === network.name);
  const previous = at >= 0 ? manifest.models[at] : undefined;
  if (previous?.dev !== undefined) Object.assign(entry, { dev: previous.dev });
  if (at >= 0) manifest.models[at] = entry;
  else manifest.models.push(entry);
  console.log(`${file}: ${bytes.length} bytes, step ${validation?.step}`);
}
await writeFile(`${manifestFile}.part`, `${JSON.stringify(manifest, null, 2)}\n`);
await rename(`${manifestFile}.part`, manifestFile);
