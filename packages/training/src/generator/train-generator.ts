import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createRandom } from '@latent-matte/core';
import { COMPACT_STYLEGAN2, encoderShapes, layerCount } from '@latent-matte/models/internals';
import * as tf from '@tensorflow/tfjs-core';
import { readCheckpoint, writeCheckpoint } from '../checkpoint';
import { ParameterGroup } from '../parameter-group';
import { codeSpread } from './codes';
import { initialDiscriminator, judges, trainedDiscriminatorShapes } from './discriminator';
import { initialEncoder } from './encoder';
import { loadFaces } from './faces';
import {
  discriminatorLoss,
  type GeneratorScene,
  generatorLosses,
  PENALTY_EVERY,
} from './generator-losses';
import { writeCurves } from './pictures';
import { FeatureNetwork } from './squeezenet';
import { type StartingValues, shippedValues, zeros } from './starting-values';
import { initialGenerator, trainedGeneratorShapes } from './synthesis';
import { validateGenerator } from './validate-generator';

export interface GeneratorTrainingOptions {
  /** Folder of the packed faces. */
  readonly faces: string;
  /** Folder for the checkpoint, the log and the pictures. */
  readonly folder: string;
  /** Side of the pictures that this stage learns, 16 to 256. */
  readonly side: number;
  /** Step of the whole training at which this stage ends. */
  readonly steps: number;
  readonly batch: number;
  readonly learningRate: number;
  readonly seed: number;
  readonly checkpointEvery: number;
  /** SqueezeNet 1.0 for the perceptual distance; without it the loss is L1 alone. */
  readonly features: string | undefined;
  readonly perceptualWeight: number;
  /** Decay per step of the moving average of the weights, which is what ships. */
  readonly averageDecay: number;
  /** Weight of the adversarial loss beside the reconstruction; 0 for none. */
  readonly adversarialWeight: number;
  /** Layers below this side keep their weights, and so does the encoder. 0: everything learns. */
  readonly freezeBelow: number;
  /** Folder of shipped weights to start from when there is no checkpoint. */
  readonly weights: string | undefined;
}

const DISCRIMINATOR_LEARNING_RATE = 2.5e-3;
const LOG_EVERY = 10;
/** Steps between two updates of the moving average. */
const AVERAGE_EVERY = 4;
const WARM_UP_STEPS = 30;
/** Updates assumed of what an earlier stage trained: enough for every bias correction to be over. */
const KNOWN_AGE = 1000;

/**
 * Encoder and synthesis together, one level of the picture at a time: reconstruction, and with an adversarial weight
 * also pictures of random codes, judged by the discriminator.
 */
export async function trainGenerator(options: GeneratorTrainingOptions): Promise<void> {
  const { folder, side, batch } = options;
  await mkdir(folder, { recursive: true });
  const { train, heldOut } = await loadFaces(options.faces);
  console.log(`${train.count} faces to train, ${heldOut.count} held out`);
  const features =
    options.features === undefined ? undefined : await FeatureNetwork.load(options.features);
  const architecture = COMPACT_STYLEGAN2;
  const { resolution, styleSize } = architecture;
  const rows = layerCount(resolution);
  const levels = Math.log2(side) - 1;

  const checkpoint = join(folder, 'checkpoint.safetensors');
  const { saved, step: first } = (await readCheckpoint(checkpoint)) ?? {
    saved: undefined,
    step: 0,
  };
  const random = createRandom(options.seed);
  const fresh: StartingValues = {
    generator: initialGenerator(architecture, random.fork('generator')),
    encoder:
      saved === undefined && options.weights === undefined
        ? initialEncoder(train, random.fork('encoder'), { rows, styleSize })
        : zeros(encoderShapes(rows, styleSize)),
    discriminator: initialDiscriminator(random.fork('discriminator')),
  };
  const start =
    saved === undefined && options.weights !== undefined
      ? await shippedValues(options.weights, fresh)
      : fresh;
  const warm = (rate: number) => (update: number) => rate * Math.min(1, update / WARM_UP_STEPS);
  const common = {
    learningRate: warm(options.learningRate),
    beta1: 0.9,
    beta2: 0.99,
    averageDecay: options.averageDecay,
    averageEvery: AVERAGE_EVERY,
    age: KNOWN_AGE,
  };
  const generator = new ParameterGroup(
    'g/',
    start.generator,
    trainedGeneratorShapes(),
    { ...common, active: (name) => isTrained(name, levels, options.freezeBelow) },
    saved,
  );
  const encoder = new ParameterGroup(
    'e/',
    start.encoder,
    encoderShapes(rows, styleSize),
    { ...common, active: (name) => options.freezeBelow === 0 && !name.startsWith('base') },
    saved,
  );
  const adversarial = options.adversarialWeight > 0;
  const judge = new ParameterGroup(
    'd/',
    start.discriminator,
    trainedDiscriminatorShapes(),
    {
      ...common,
      learningRate: warm(DISCRIMINATOR_LEARNING_RATE),
      beta1: 0,
      active: (name) => adversarial && judges(name, side),
    },
    saved,
  );
  const spread = codeSpread(train, encoder.variables);

  const scene: GeneratorScene = {
    faces: train,
    side,
    rows,
    generator: generator.variables,
    encoder: encoder.variables,
    features,
    perceptualWeight: options.perceptualWeight,
    adversary: adversarial
      ? { judge: judge.variables, weight: options.adversarialWeight, spread }
      : undefined,
  };
  let stopped = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    // Not `once`: a wrapper may pass the same signal on a second time.
    process.on(signal, () => {
      console.log('stopping after this step');
      stopped = true;
    });
  }
  const started = performance.now();
  const sums: Record<string, number> = {};
  for (let step = first; step < options.steps; step++) {
    const stream = random.fork(`step ${step}`);
    tf.tidy(() => {
      const parts: Record<string, number> = {};
      let made: { fake: tf.Tensor4D; real: tf.Tensor4D } | undefined;
      const { grads } = tf.variableGrads(() => {
        const { everything, target, losses } = generatorLosses(
          scene,
          train.draw(stream, batch),
          stream,
        );
        made = { fake: everything, real: target };
        for (const [name, value] of Object.entries(losses)) parts[name] = value.dataSync()[0];
        if (adversarial) tf.keep(everything);
        if (adversarial) tf.keep(target);
        return losses.total;
      }, [...generator.active, ...encoder.active]);
      generator.update(grads);
      encoder.update(grads);
      if (adversarial && made !== undefined) {
        const { fake, real } = made;
        const { value, grads } = tf.variableGrads(
          () =>
            discriminatorLoss(judge.variables, { real, fake }, stream, step % PENALTY_EVERY === 0),
          [...judge.active],
        );
        parts.judge = value.dataSync()[0];
        judge.update(grads);
        tf.dispose([fake, real]);
      }
      if (!Number.isFinite(parts.total)) throw new Error(`Loss is ${parts.total} at step ${step}`);
      for (const [name, value] of Object.entries(parts)) sums[name] = (sums[name] ?? 0) + value;
    });
    const done = step + 1;
    if (done % LOG_EVERY === 0) {
      const means = Object.fromEntries(
        Object.entries(sums).map(([name, sum]) => [name, sum / LOG_EVERY]),
      );
      for (const name of Object.keys(sums)) delete sums[name];
      const seconds = (performance.now() - started) / (done - first) / 1000;
      await appendFile(join(folder, 'log.jsonl'), `${JSON.stringify({ step: done, ...means })}\n`);
      const text = Object.entries(means).map(([name, value]) => `${name} ${value.toFixed(4)}`);
      console.log(`${side}² ${done}/${options.steps} ${text.join('  ')}  ${seconds.toFixed(2)} s`);
    }
    // Lets a signal arrive: the step above is synchronous.
    await new Promise((resolve) => setImmediate(resolve));
    if (done % options.checkpointEvery === 0 || done === options.steps || stopped) {
      const groups = [generator, encoder, judge];
      await writeCheckpoint(
        checkpoint,
        groups.flatMap((group) => group.entries()),
        done,
      );
      const figures = await validateGenerator(heldOut, generator.average, encoder.average, {
        levels,
        rows,
        features,
        spread,
        file: join(folder, `grid-${String(done).padStart(6, '0')}.png`),
      });
      console.log(`${done} held out`, JSON.stringify(figures));
      await appendFile(
        join(folder, 'log.jsonl'),
        `${JSON.stringify({ step: done, ...figures })}\n`,
      );
      const log = (await readFile(join(folder, 'log.jsonl'), 'utf8')).trim().split('\n');
      await writeCurves(
        join(folder, 'curves.png'),
        log.map((line) => JSON.parse(line)),
      );
    }
    if (stopped) return;
  }
}

/**
 * Of the generator: all parameters of the layers from `freezeBelow` up to the level, without the mapping network and the
 * strengths of the noise.
 */
function isTrained(name: string, levels: number, freezeBelow: number): boolean {
  if (name.startsWith('style.') || name.endsWith('noise.weight')) return false;
  const convolution = /^convs\.(\d+)\./.exec(name);
  const rgb = /^to_rgbs\.(\d+)\./.exec(name);
  let level = 0;
  if (convolution !== null) level = Math.floor(Number(convolution[1]) / 2) + 1;
  else if (rgb !== null) level = Number(rgb[1]) + 1;
  return level < levels && 4 * 2 ** level >= freezeBelow;
}
