/**
 * Trains one compact network on packed data (see prepare-data.ts), on tfjs-node.
 *
 *     pnpm --filter @latent-matte/training train trimap --steps 8000
 *     pnpm --filter @latent-matte/training train matting --steps 8000
 *     pnpm --filter @latent-matte/training train discriminator --steps 2000
 *     pnpm --filter @latent-matte/training train generator --side 64 --steps 1500 --batch 8
 *
 * Stops and continues at will: a second run picks up from `.training/NAME/checkpoint.safetensors`.
 */
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { loadDataSet } from './data-set';
import { trainGenerator } from './generator/train-generator';
import { trainDiscriminator } from './train-discriminator';
import { trainMatting } from './train-matting';
import { trainTrimap } from './train-trimap';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: 'string', default: '.training/data' },
    out: { type: 'string', default: '.training' },
    steps: { type: 'string', default: '8000' },
    batch: { type: 'string', default: '4' },
    seed: { type: 'string', default: '1' },
    'learning-rate': { type: 'string', default: '1e-3' },
    'checkpoint-every': { type: 'string', default: '250' },
    /** Checkpoint of an earlier stage, whose moving average this one starts from. */
    from: { type: 'string' },
    /** Largest growth of the unknown region in the matting task, pixels. */
    grow: { type: 'string', default: '16' },
    /** Packed faces (see generator/pack-faces.ts), for the generator. */
    faces: { type: 'string', default: '.training/faces' },
    /** Side of the pictures in this stage of the generator. */
    side: { type: 'string', default: '64' },
    /** SqueezeNet 1.0 as safetensors, for the perceptual loss of the generator. */
    features: { type: 'string' },
    'perceptual-weight': { type: 'string', default: '0.3' },
    /** Decay per step of the moving average of the generator; shorter for short stages. */
    'average-decay': { type: 'string', default: '0.995' },
    /** Weight of the adversarial loss of the generator. Default: reconstruction only. */
    'adversarial-weight': { type: 'string', default: '0' },
    /** Layers of the generator below this side keep their weights, and so does the encoder. */
    'freeze-below': { type: 'string', default: '0' },
    /** Folder of shipped weights from which the generator goes on when it has no checkpoint. */
    weights: { type: 'string' },
  },
});

const native = process.env.LATENT_MATTE_TFJS_NODE ?? '.native/node_modules/@tensorflow/tfjs-node';
createRequire(import.meta.url)(resolve(native));

const [name] = positionals;
const options = {
  steps: Number(values.steps),
  batch: Number(values.batch),
  seed: Number(values.seed),
  learningRate: Number(values['learning-rate']),
  checkpointEvery: Number(values['checkpoint-every']),
  folder: join(values.out, name ?? ''),
  grow: Number(values.grow),
  from: values.from,
};
if (name === 'generator') {
  await trainGenerator({
    ...options,
    faces: values.faces,
    side: Number(values.side),
    features: values.features,
    perceptualWeight: Number(values['perceptual-weight']),
    averageDecay: Number(values['average-decay']),
    adversarialWeight: Number(values['adversarial-weight']),
    freezeBelow: Number(values['freeze-below']),
    weights: values.weights,
  });
  process.exit();
}
const data = {
  train: await loadDataSet(values.data, 'train'),
  validation: await loadDataSet(values.data, 'validation'),
};
console.log(
  `${data.train.portraits.length} portraits to train, ${data.validation.portraits.length} held out`,
);
if (name === 'trimap') await trainTrimap(data, options);
else if (name === 'matting') await trainMatting(data, options);
else if (name === 'discriminator') await trainDiscriminator(data, options);
else throw new Error('Say what to train: trimap, matting, discriminator or generator');
