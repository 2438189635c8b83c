/**
 * Fits the mapping network to the encoder's codes of the faces, then writes the moving averages of the generator's
 * training as float16 safetensors into `weights/`, in the layout of a StyleGAN2 checkpoint, and records them in
 * `models.json`.
 *
 *     pnpm --filter @latent-matte/training train:export-generator
 */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createRandom } from '@latent-matte/core';
import { serializeSafetensors } from '@latent-matte/core/checkpoints';
import { sha256Of } from '@latent-matte/files/sha256-of';
import {
  BASE_SIDE,
  COMPACT_STYLEGAN2,
  discriminatorShapes,
  encoderShapes,
  generatorShapes,
  layerCount,
} from '@latent-matte/models/internals';
import * as tf from '@tensorflow/tfjs-core';
import { readCheckpoint } from '../checkpoint';
import { grownDiscriminator, trainedDiscriminatorName } from './discriminator';
import { baseCode } from './encoder';
import { loadFaces } from './faces';
import { fitMapping } from './fit-mapping';
import { noiseStrengths } from './noise-strengths';
import { rearranged, trainedGeneratorShapes, type Values, type Variables } from './synthesis';

const { values } = parseArgs({
  options: {
    checkpoint: { type: 'string', default: '.training/generator/checkpoint.safetensors' },
    /** Packed faces, for the mapping network. */
    faces: { type: 'string', default: '.training/faces' },
    seed: { type: 'string', default: '1' },
    'mapping-steps': { type: 'string', default: '400' },
    /** Side up to which the discriminator was trained; without it none is written. */
    'discriminator-side': { type: 'string' },
    /** The commands of the training, for the manifest. */
    command: { type: 'string' },
  },
});
createRequire(import.meta.url)(
  resolve(process.env.LATENT_MATTE_TFJS_NODE ?? '.native/node_modules/@tensorflow/tfjs-node'),
);

const root = fileURLToPath(new URL('../../../compact-generator', import.meta.url));
const found = await readCheckpoint(values.checkpoint);
if (found === undefined) throw new Error(`There is no ${values.checkpoint}`);
const { saved, step } = found;
const { resolution, styleSize } = COMPACT_STYLEGAN2;

const { train } = await loadFaces(values.faces);
const encoder = variablesOf('e', encoderShapes(layerCount(resolution), styleSize));
const mapping = mappingOfFaces();
console.log(`mapping network: sliced distance ${mapping.distance.toFixed(5)}`);

const generator = variablesOf('g', trainedGeneratorShapes());
const strengths = noiseStrengths(generator, encoder, train, {
  rows: layerCount(resolution),
  levels: Math.log2(resolution) - 1,
});
console.log(
  'strengths of the noise:',
  Object.values(strengths)
    .map(([s]) => s.toFixed(3))
    .join(' '),
);
const replaced: Values = { ...mapping.values, ...strengths };

interface Part {
  readonly id: string;
  readonly kind: string;
  readonly file: string;
  readonly description: string;
  readonly prefix: 'g' | 'e' | 'd';
  readonly shapes: Readonly<Record<string, readonly number[]>>;
}

const judgeSide = Number(values['discriminator-side'] ?? 0);
const parts: readonly Part[] = [
  {
    id: 'compact',
    kind: 'generator',
    file: 'weights/compact-generator.safetensors',
    description: 'W+ codes [14, 256] and noise maps → portraits of 256 pixels: a small StyleGAN2',
    prefix: 'g',
    shapes: { ...generatorShapes(COMPACT_STYLEGAN2), latent_avg: [styleSize] },
  },
  {
    id: 'compact-encoder',
    kind: 'encoder',
    file: 'weights/compact-encoder.safetensors',
    description: 'portrait → W+ code of the compact generator',
    prefix: 'e',
    shapes: encoderShapes(layerCount(resolution), styleSize),
  },
  ...(judgeSide === 0
    ? []
    : [
        {
          id: 'compact-face-discriminator',
          kind: 'discriminator',
          file: 'weights/compact-face-discriminator.safetensors',
          description: `realism of a portrait seen at ${judgeSide} pixels: the StyleGAN2 discriminator that the compact generator was trained against`,
          prefix: 'd' as const,
          shapes: discriminatorShapes(grownDiscriminator(judgeSide)),
        },
      ]),
];

const manifestFile = join(root, 'models.json');
const manifest = JSON.parse(await readFile(manifestFile, 'utf8'));
const log = (await readFile(join(values.checkpoint, '..', 'log.jsonl'), 'utf8')).trim().split('\n');
const figures = log.map((line) => JSON.parse(line)).findLast((line) => 'PSNR W+' in line);
for (const { id, kind, file, description, prefix, shapes } of parts) {
  const entries = Object.entries(shapes).map(([name, shape]) => {
    const trained = prefix === 'd' ? trainedDiscriminatorName(name, judgeSide) : name;
    const data =
      (prefix === 'g' ? replaced[name] : undefined) ?? saved.get(`average/${prefix}/${trained}`);
    if (data === undefined) throw new Error(`${values.checkpoint} has no ${prefix}/${trained}`);
    const layout = prefix === 'e' ? data : rearranged(name, shape, data, 'canonical');
    return [name, { dtype: 'F16', shape, data: withoutDenormals(layout) }] as const;
  });
  const bytes = serializeSafetensors(entries, { network: id, step: String(step) });
  await writeFile(join(root, `${file}.part`), bytes);
  await rename(join(root, `${file}.part`), join(root, file));
  const at = manifest.models.findIndex((model: { id: string }) => model.id === id);
  const previous = at < 0 ? {} : manifest.models[at];
  const entry = {
    id,
    kind,
    description,
    file,
    parameters: entries.reduce((sum, [, { data }]) => sum + data.length, 0),
    size: bytes.length,
    sha256: sha256Of(bytes),
    license: 'CC-BY-NC-SA-4.0',
    trainedOn:
      'portraits: One Million Impressions (StyleGAN2-FFHQ faces, CC BY-NC-SA 4.0), Face Research Lab London Set and Canada set (CC BY 4.0, DeBruine & Jones)',
    command:
      values.command ?? previous.command ?? 'pnpm --filter @latent-matte/training train generator',
    metrics: {
      ...previous.metrics,
      steps: step,
      ...(prefix === 'd' ? {} : figures),
      step: undefined,
    },
  };
  if (at >= 0) manifest.models[at] = { ...previous, ...entry };
  else manifest.models.push(entry);
  console.log(`${file}: ${entry.parameters} parameters, ${bytes.length} bytes, step ${step}`);
}
await writeFile(`${manifestFile}.part`, `${JSON.stringify(manifest, null, 2)}\n`);
await rename(`${manifestFile}.part`, manifestFile);

function variablesOf(
  prefix: string,
  shapes: Readonly<Record<string, readonly number[]>>,
): Variables {
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => {
      const data = saved.get(`average/${prefix}/${name}`);
      if (data === undefined) throw new Error(`${values.checkpoint} has no ${prefix}/${name}`);
      return [name, tf.variable(tf.tensor(data, [...shape]))];
    }),
  );
}

/** The mapping network for the shared codes of all faces that may be trained on. */
function mappingOfFaces() {
  const all = Array.from({ length: 2 * train.count }, (_, i) => i);
  const codes = tf.tidy(() => baseCode(encoder, train.batch(all, BASE_SIDE)));
  const random = createRandom(Number(values.seed)).fork('mapping');
  return fitMapping(codes, COMPACT_STYLEGAN2, random, Number(values['mapping-steps']));
}

/** Half-precision denormals cost dearly on CPUs without a flush mode, and are nothing. */
function withoutDenormals(data: Float32Array): Float32Array {
  return data.map((value) => (Math.abs(value) < 6.2e-5 ? 0 : value));
}
