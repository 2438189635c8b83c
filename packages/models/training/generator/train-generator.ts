import { existsSync } from 'node:fs';
import { appendFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createRandom,
  parseSafetensors,
  type Random,
  serializeSafetensors,
  toFloat32,
} from '@latent-matte/core';
import * as tf from '@tensorflow/tfjs-core';
import { COMPACT_STYLEGAN2 } from '../../src/compact-stylegan2/architecture';
import { BASE_SIDE, ENCODER_SIDE, encoderShapes } from '../../src/compact-stylegan2/encoder-shapes';
import { layerCount } from '../../src/stylegan2/architecture';
import {
  initialDiscriminator,
  judges,
  trainableDiscriminator,
  trainedDiscriminatorShapes,
} from './discriminator';
import { baseCode, codeOffsets, initialEncoder } from './encoder';
import { type Faces, loadFaces } from './faces';
import { ParameterGroup, readParameters } from './parameter-group';
import { writeCurves, writeGrid } from './pictures';
import { FeatureNetwork } from './squeezenet';
import {
  drawNoise,
  initialGenerator,
  rearranged,
  trainableSynthesis,
  trainedGeneratorShapes,
  type Values,
  type Variables,
} from './synthesis';

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
  /** Folder of shipped weights to start from when there is no checkpoint. */
  readonly weights: string | undefined;
}

const OFFSET_WEIGHT = 0.002;
const DISCRIMINATOR_LEARNING_RATE = 2.5e-3;
/** Weight of the gradient penalty, steps between two of them, and the noise that measures it. */
const PENALTY = 1;
const PENALTY_EVERY = 4;
const PENALTY_NOISE = 0.05;
const LOG_EVERY = 10;

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
  const { saved, step: first } = existsSync(checkpoint)
    ? readParameters(new Uint8Array(await readFile(checkpoint)))
    : { saved: undefined, step: 0 };
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
  const { learningRate, averageDecay } = options;
  const common = { learningRate, beta1: 0.9, averageDecay };
  const generator = new ParameterGroup(
    'g',
    start.generator,
    trainedGeneratorShapes(),
    { ...common, active: (name) => isTrained(name, levels) },
    saved,
  );
  const encoder = new ParameterGroup(
    'e',
    start.encoder,
    encoderShapes(rows, styleSize),
    { ...common, active: (name) => !name.startsWith('base') },
    saved,
  );
  const adversarial = options.adversarialWeight > 0;
  const judge = new ParameterGroup(
    'd',
    start.discriminator,
    trainedDiscriminatorShapes(),
    {
      ...common,
      learningRate: DISCRIMINATOR_LEARNING_RATE,
      beta1: 0,
      active: (name) => adversarial && judges(name, side),
    },
    saved,
  );
  const spread = codeSpread(train, encoder.variables);

  const lossOf = (picks: readonly number[], stream: Random) => {
    const target = train.batch(picks, side);
    const n = picks.length;
    const shared = tf.expandDims(baseCode(encoder.variables, train.batch(picks, BASE_SIDE)), 1);
    const offsets = codeOffsets(encoder.variables, train.batch(picks, ENCODER_SIDE), rows);
    // Half of the batch without offsets: one code for all layers must do too, that is what is sampled later.
    const mask = tf.tensor3d(
      picks.map((_, i) => (i % 2 === 0 ? 1 : 0)),
      [n, 1, 1],
    );
    const known = tf.add(shared, tf.mul(offsets, mask)) as tf.Tensor3D;
    const invented = adversarial ? Math.ceil(n / 2) : 0;
    const styles =
      invented > 0 ? tf.concat([known, drawCodes(stream, spread, invented, rows)]) : known;
    const everything = trainableSynthesis(
      generator.variables,
      styles,
      drawNoise(stream, n + invented, levels),
      levels,
    );
    const image = tf.slice(everything, 0, n);
    const absolute = tf.mean(tf.abs(tf.sub(image, target)));
    const coarse = tf.mean(tf.abs(tf.avgPool(tf.sub(image, target) as tf.Tensor4D, 8, 8, 'valid')));
    const perceptual =
      features === undefined || side < 32
        ? tf.scalar(0)
        : (tf.mean(features.distance(image, target)) as tf.Scalar);
    const size = tf.mean(tf.square(offsets));
    const fooled = adversarial
      ? (tf.mean(
          tf.softplus(tf.neg(trainableDiscriminator(judge.variables, everything))),
        ) as tf.Scalar)
      : tf.scalar(0);
    const total = tf.addN([
      tf.mul(fooled, options.adversarialWeight),
      absolute,
      coarse,
      tf.mul(perceptual, options.perceptualWeight),
      tf.mul(size, OFFSET_WEIGHT),
    ]) as tf.Scalar;
    return { everything, target, losses: { total, absolute, coarse, perceptual, size, fooled } };
  };
  const judgeLoss = (real: tf.Tensor4D, fake: tf.Tensor4D, stream: Random, penalized: boolean) => {
    const n = real.shape[0];
    // R1 without second derivatives: the change of the score under a little noise (Lin et al., "Diffusion
    // Adversarial Post-Training", arXiv 2501.08316), scaled to the expectation of the squared gradient.
    const seed = stream.integer(2 ** 31);
    const shaken = penalized
      ? [
          tf.add(
            real,
            tf.randomNormal(real.shape, 0, PENALTY_NOISE, 'float32', seed),
          ) as tf.Tensor4D,
        ]
      : [];
    const scores = trainableDiscriminator(judge.variables, tf.concat([real, ...shaken, fake]));
    const [ofReal, ofFake] = [
      tf.slice(scores, 0, n),
      tf.slice(scores, n * (1 + shaken.length), fake.shape[0]),
    ];
    const right = tf.add(tf.mean(tf.softplus(tf.neg(ofReal))), tf.mean(tf.softplus(ofFake)));
    if (!penalized) return right as tf.Scalar;
    const change = tf.squaredDifference(tf.slice(scores, n, n), ofReal);
    const factor = (0.5 * PENALTY * PENALTY_EVERY) / PENALTY_NOISE ** 2;
    return tf.add(right, tf.mul(tf.mean(change), factor)) as tf.Scalar;
  };

  const started = performance.now();
  const sums: Record<string, number> = {};
  for (let step = first; step < options.steps; step++) {
    const stream = random.fork(`step ${step}`);
    tf.tidy(() => {
      const parts: Record<string, number> = {};
      let made: { fake: tf.Tensor4D; real: tf.Tensor4D } | undefined;
      const { grads } = tf.variableGrads(() => {
        const { everything, target, losses } = lossOf(train.draw(stream, batch), stream);
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
          () => judgeLoss(real, fake, stream, step % PENALTY_EVERY === 0),
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
    if (done % options.checkpointEvery === 0 || done === options.steps) {
      const bytes = serializeSafetensors(
        [generator, encoder, judge].flatMap((group) => group.entries()),
        {
          step: String(done),
        },
      );
      await writeFile(`${checkpoint}.part`, bytes);
      await rename(`${checkpoint}.part`, checkpoint);
      const figures = await validate(heldOut, generator.average, encoder.average, {
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
  }
}

interface StartingValues {
  readonly generator: Values;
  readonly encoder: Values;
  readonly discriminator: Values;
}

const zeros = (shapes: Readonly<Record<string, readonly number[]>>): Values =>
  Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [
      name,
      new Float32Array(shape.reduce((a, b) => a * b, 1)),
    ]),
  );

/** The weights of the package, in the layout of the training. What they lack, the discriminator, is fresh. */
async function shippedValues(folder: string, fresh: StartingValues): Promise<StartingValues> {
  const read = async (file: string) =>
    parseSafetensors(new Uint8Array(await readFile(join(folder, file)))).tensors;
  const fill = async (file: string, values: Values, canonical: boolean) => {
    const tensors = await read(file);
    return Object.fromEntries(
      Object.entries(values).map(([name, start]) => {
        const tensor = tensors.get(name);
        if (tensor === undefined) return [name, start];
        const data = toFloat32(tensor, name);
        return [name, canonical ? rearranged(name, tensor.shape, data, 'train') : data];
      }),
    );
  };
  const generator = await fill('compact-generator.safetensors', fresh.generator, true);
  for (const name of Object.keys(generator)) {
    if (name.endsWith('noise.weight')) generator[name] = fresh.generator[name];
  }
  return {
    generator,
    encoder: await fill('compact-encoder.safetensors', fresh.encoder, false),
    discriminator: fresh.discriminator,
  };
}

/** Standard deviation of the shared codes of the faces along each axis. */
function codeSpread(faces: Faces, encoder: Variables): Float32Array {
  return tf.tidy(() => {
    const all = Array.from({ length: 2 * faces.count }, (_, i) => i);
    const codes = baseCode(encoder, faces.batch(all, BASE_SIDE));
    return tf.sqrt(tf.mean(tf.square(codes), 0)).dataSync() as Float32Array;
  });
}

/** Random codes, the same in every row. `[count, rows, styleSize]` */
function drawCodes(random: Random, spread: Float32Array, count: number, rows: number): tf.Tensor3D {
  const values = random.normals(count * spread.length);
  const codes = tf.mul(tf.tensor3d(values, [count, 1, spread.length]), tf.tensor1d(spread));
  return tf.tile(codes, [1, rows, 1]) as tf.Tensor3D;
}

/** Of the generator: all parameters up to the level, without the mapping network and the strengths of the noise. */
function isTrained(name: string, levels: number): boolean {
  if (name.startsWith('style.') || name.endsWith('noise.weight')) return false;
  const convolution = /^convs\.(\d+)\./.exec(name);
  const rgb = /^to_rgbs\.(\d+)\./.exec(name);
  if (convolution !== null) return Math.floor(Number(convolution[1]) / 2) + 1 < levels;
  return rgb === null || Number(rgb[1]) + 1 < levels;
}

/** Reconstructions of the held-out faces from all codes and from the shared code, and a picture to look at. */
async function validate(
  faces: Faces,
  generator: Variables,
  encoder: Variables,
  {
    levels,
    rows,
    features,
    spread,
    file,
  }: {
    levels: number;
    rows: number;
    features: FeatureNetwork | undefined;
    spread: Float32Array;
    file: string;
  },
): Promise<Record<string, number>> {
  const side = 2 ** (levels + 1);
  const figures: Record<string, number> = {};
  const shown: tf.Tensor4D[][] = [[], [], []];
  const chunk = 7;
  for (let from = 0; from + chunk <= faces.count; from += chunk) {
    const picks = Array.from({ length: chunk }, (_, i) => from + i);
    tf.tidy(() => {
      const target = faces.batch(picks, side);
      const shared = tf.expandDims(baseCode(encoder, faces.batch(picks, BASE_SIDE)), 1);
      const offsets = codeOffsets(encoder, faces.batch(picks, ENCODER_SIDE), rows);
      const run = (styles: tf.Tensor) =>
        tf.clipByValue(
          trainableSynthesis(
            generator,
            styles as tf.Tensor3D,
            drawNoise(createRandom(from), chunk, levels),
            levels,
          ),
          -1,
          1,
        ) as tf.Tensor4D;
      const results = { W: run(shared), 'W+': run(tf.add(shared, offsets)) };
      for (const [name, image] of Object.entries(results)) {
        const error = tf.mean(tf.squaredDifference(image, target), [1, 2, 3]);
        const psnr = tf.sum(tf.mul(tf.log(tf.div(4, error)), 10 / Math.LN10)).dataSync()[0];
        figures[`PSNR ${name}`] = (figures[`PSNR ${name}`] ?? 0) + psnr / faces.count;
        if (features === undefined || side < 32) continue;
        const distance = tf.sum(features.distance(image, target)).dataSync()[0];
        figures[`LPIPS ${name}`] = (figures[`LPIPS ${name}`] ?? 0) + distance / faces.count;
      }
      if (from < 2 * chunk) {
        [target, results['W+'], results.W].forEach((row, i) => {
          shown[i].push(tf.keep(tf.clone(row)));
        });
      }
    });
  }
  const samples = tf.tidy(() => {
    const styles = tf.mul(drawCodes(createRandom(5), spread, 14, rows), 0.8) as tf.Tensor3D;
    return trainableSynthesis(generator, styles, drawNoise(createRandom(6), 14, levels), levels);
  });
  const lines = shown.map((row) => tf.concat(row) as tf.Tensor4D);
  await writeGrid(file, [...lines, samples], Math.min(128, Math.max(64, side)));
  tf.dispose([shown, lines, samples]);
  return figures;
}
