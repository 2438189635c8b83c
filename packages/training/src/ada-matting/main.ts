import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { parseSafetensors } from '@latent-matte/core/checkpoints';
import { fineTune, serializeMattingModel } from '@latent-matte/core/fine-tune';
import { installCorrections } from '@latent-matte/core/internals';
import { adaMattingWeights, createAdaMatting } from '@latent-matte/models';
import * as tf from '@tensorflow/tfjs-core';
import '@latent-matte/core/gradients';
import { measureAdaptation } from './measure';
import { PackedPairs } from './packed-pairs';

/** See scripts/train-ada-matting.mjs. */
export async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      pack: { type: 'string', default: '/tmp/networks/pack' },
      out: { type: 'string', default: '.training/ada-matting' },
      steps: { type: 'string', default: '2000' },
      batch: { type: 'string', default: '4' },
      crop: { type: 'string', default: '128' },
      weights: { type: 'string' },
      width: { type: 'string', default: '16' },
      depths: { type: 'string', default: '1,1,1,1' },
      'learning-rate': { type: 'string', default: '1e-3' },
      'measure-every': { type: 'string', default: '250' },
      pictures: { type: 'string', default: '60' },
      seed: { type: 'string', default: '1' },
    },
  });
  const native = process.env.LATENT_MATTE_TFJS_NODE ?? '.native/node_modules/@tensorflow/tfjs-node';
  createRequire(import.meta.url)(resolve(native));
  await tf.setBackend('tensorflow');
  installCorrections();
  mkdirSync(values.out, { recursive: true });
  const seed = Number(values.seed);
  const weights =
    values.weights === undefined
      ? adaMattingWeights({
          width: Number(values.width),
          depths: values.depths.split(',').map(Number),
          seed,
        })
      : parseSafetensors(readFileSync(values.weights));
  const network = createAdaMatting(weights, { trainable: true });
  // The pack has a longest side of 512: half of it, so that a window sees enough of a person.
  const pairs = new PackedPairs(values.pack, { heldOut: false, shrink: 2 });
  const heldOut = new PackedPairs(values.pack, { heldOut: true, shrink: 2 });
  console.log(`${pairs.length} pictures to train, ${heldOut.length} held out`);
  const log: object[] = [];
  const write = (name: string, bytes: Uint8Array | string) => {
    const path = join(values.out, name);
    writeFileSync(`${path}.part`, bytes);
    renameSync(`${path}.part`, path);
  };
  const measure = async (step: number) => {
    const figures = await measureAdaptation(network, heldOut, Number(values.pictures));
    log.push({ step, ...figures });
    write('figures.json', JSON.stringify(log, null, 2));
    console.log(JSON.stringify({ step, ...figures }));
  };
  if (!existsSync(join(values.out, 'checkpoint.safetensors'))) await measure(0);
  const checkpoint = join(values.out, 'checkpoint.safetensors');
  const began = performance.now();
  await fineTune(network, {
    pairs,
    backgrounds: pairs.backgrounds(),
    steps: Number(values.steps),
    batch: Number(values.batch),
    crop: Number(values.crop),
    learningRate: Number(values['learning-rate']),
    averageDecay: 0.99,
    augment: { trimapGrowth: 14 },
    seed,
    checkpointEvery: Number(values['measure-every']),
    onCheckpoint: async (bytes, step) => {
      write('checkpoint.safetensors', bytes);
      write('weights.safetensors', await serializeMattingModel(network));
      await measure(step);
    },
    ...(existsSync(checkpoint) && { resume: readFileSync(checkpoint) }),
    onProgress: ({ step, loss, losses, gradientNorm }) => {
      if (step % 25 !== 0 || loss === undefined) return;
      const seconds = ((performance.now() - began) / 1000).toFixed(0);
      const variance = (name: string) =>
        network.variables!()[`uncertainty.${name}`]!.dataSync()[0]!.toFixed(3);
      console.log(
        `${step}: loss ${loss.toFixed(3)}, alpha ${losses?.alpha.toFixed(4)}, norm ${gradientNorm?.toFixed(2)}, log σ² ${variance('trimap')} ${variance('alpha')}, ${seconds} s`,
      );
    },
  });
  write('weights.safetensors', await serializeMattingModel(network));
  await measure(Number(values.steps) + 0.5);
  pairs.close();
  heldOut.close();
}
