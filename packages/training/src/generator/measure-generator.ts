/**
 * Measures the shipped generator on faces that it was never trained on: reconstruction by the encoder, after W+ and
 * after noise, with seconds; the Fréchet distance of its samples; and pictures to look at.
 *
 *     pnpm --filter @latent-matte/training train:measure-generator --features FILE --out docs/images
 */
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { createRandom, type FloatImage, invertPortrait, type LatentCode } from '@latent-matte/core';
import { latentCode } from '@latent-matte/core/internal';
import * as tf from '@tensorflow/tfjs-core';
import '@latent-matte/models';
import { useNodeBackend } from '@latent-matte/backend-node';
import { loadCompactGenerator } from '@latent-matte/models';
import { FACE_SIZE, type Faces, loadFaces } from './faces';
import { FeatureSpace, frechetDistance, pooledFeatures } from './frechet';
import { writeGrid } from './pictures';
import { FeatureNetwork } from './squeezenet';

const { values } = parseArgs({
  options: {
    faces: { type: 'string', default: '.training/faces' },
    /** SqueezeNet 1.0 as safetensors. */
    features: { type: 'string' },
    /** Folder for the pictures. */
    out: { type: 'string', default: '.training/generator/measured' },
    /** Held-out faces to invert. */
    inversions: { type: 'string', default: '12' },
    'styles-steps': { type: 'string', default: '40' },
    'noise-steps': { type: 'string', default: '60' },
    samples: { type: 'string', default: '953' },
    only: { type: 'string' },
  },
});
if (values.features === undefined) throw new Error('Say where SqueezeNet is: --features FILE');
process.env.LATENT_MATTE_TFJS_NODE ??= resolve('.native/node_modules/@tensorflow/tfjs-node');
await mkdir(values.out, { recursive: true });
await useNodeBackend({ device: 'native' });
const generator = await loadCompactGenerator();
const features = await FeatureNetwork.load(values.features);
const { train, heldOut } = await loadFaces(values.faces);

const asks = (part: string) => values.only === undefined || values.only.split(',').includes(part);
if (asks('encoder')) encoderFigures();
if (asks('inversion')) await inversionFigures();
if (asks('frechet')) frechetFigures();
if (asks('pictures')) await pictures();

/** Encoder alone, on every held-out face. */
function encoderFigures(): void {
  const sums = { psnr: 0, distance: 0 };
  for (let i = 0; i < heldOut.count; i++) {
    tf.tidy(() => {
      const target = heldOut.batch([i], FACE_SIZE);
      const image = tf.sub(tf.mul(generator.synthesize(encoded(target)), 2), 1) as tf.Tensor4D;
      const { psnr, distance } = compare(image, target);
      sums.psnr += psnr / heldOut.count;
      sums.distance += distance / heldOut.count;
    });
  }
  console.log(
    `encoder, ${heldOut.count} faces: ${sums.psnr.toFixed(2)} dB, distance ${sums.distance.toFixed(4)}`,
  );
}

/** Encoder, W+, noise: each from where the one before ended. */
async function inversionFigures(): Promise<void> {
  const count = Math.min(Number(values.inversions), heldOut.count);
  const steps = { styles: Number(values['styles-steps']), noise: Number(values['noise-steps']) };
  const rows: { target: tf.Tensor4D; images: tf.Tensor4D[] }[] = [];
  const figures: { psnr: number; distance: number; seconds: number; cpu: number }[][] = [];
  for (let i = 0; i < count; i++) {
    const target = heldOut.batch([i], FACE_SIZE);
    const photo = photoOf(target);
    const own: (typeof figures)[number] = [];
    const images: tf.Tensor4D[] = [];
    const note = (portrait: FloatImage, seconds: number, cpu: number) => {
      const image = tensorOf(portrait);
      own.push({ ...compare(image, target), seconds, cpu });
      images.push(image);
    };
    let start: LatentCode = encoded(target);
    for (const stage of [
      { styles: 0, noise: 0 },
      { ...steps, noise: 0 },
      { ...steps, styles: 0 },
    ]) {
      const before = process.cpuUsage();
      const { code, portrait, seconds } = await invertPortrait(photo, {
        generator,
        start,
        steps: stage,
      });
      const { user, system } = process.cpuUsage(before);
      note(portrait, seconds, (user + system) / 1e6);
      tf.dispose([start.styles, ...start.noise]);
      start = latentCode(code);
    }
    tf.dispose([start.styles, ...start.noise]);
    figures.push(own);
    rows.push({ target, images });
    console.log(
      `${heldOut.names[i]}: ${own.map(({ psnr, seconds }) => `${psnr.toFixed(2)} dB (${seconds.toFixed(1)} s)`).join(', ')}`,
    );
  }
  ['encoder', `W+ (${steps.styles} steps)`, `noise (${steps.noise} steps)`].forEach(
    (name, stage) => {
      const mean = (key: 'psnr' | 'distance' | 'seconds' | 'cpu') =>
        figures.reduce((sum, own) => sum + own[stage][key], 0) / figures.length;
      console.log(
        `${name}, ${count} faces: ${mean('psnr').toFixed(2)} dB, distance ${mean('distance').toFixed(4)}, ${mean('seconds').toFixed(1)} s (${mean('cpu').toFixed(1)} s of CPU)`,
      );
    },
  );
  const shown = rows.slice(0, 8);
  const lines = [0, 1, 2, 3].map(
    (k) =>
      tf.concat(
        shown.map(({ target, images }) => (k === 0 ? target : images[k - 1])),
      ) as tf.Tensor4D,
  );
  await writeGrid(join(values.out, 'compact-reconstructions.jpg'), lines, 128);
  tf.dispose([lines, rows.map(({ target, images }) => [target, images])]);
}

/** Samples against held-out faces, beside real faces against held-out faces. */
function frechetFigures(): void {
  const drawFaces = (faces: Faces) => (from: number, count: number) =>
    faces.batch(
      Array.from({ length: count }, (_, i) => from + i),
      FACE_SIZE,
    );
  const real = pooledFeatures(features, train.count, drawFaces(train));
  const space = new FeatureSpace(features, real);
  const reference = space.statistics(2 * heldOut.count, drawFaces(heldOut));
  const faces = space.statistics(train.count, drawFaces(train));
  const samples = space.statistics(Number(values.samples), (from, count) => sample(from, count, 1));
  const truncated = space.statistics(Number(values.samples), (from, count) =>
    sample(from, count, 0.7),
  );
  const rebuilt = space.statistics(2 * heldOut.count, (from, count) => {
    const target = drawFaces(heldOut)(from, count);
    return tf.sub(tf.mul(generator.synthesize(encoded(target)), 2), 1) as tf.Tensor4D;
  });
  const against = (name: string, other: typeof reference) =>
    console.log(
      `Fréchet distance to held-out faces, ${name}: ${frechetDistance(reference, other).toFixed(3)}`,
    );
  against('real faces', faces);
  against('their own reconstructions', rebuilt);
  against('samples', samples);
  against('samples, truncation 0.7', truncated);
}

async function pictures(): Promise<void> {
  const grid = [0, 1, 2].map((row) => tf.tidy(() => sample(row * 8, 8, 0.7)));
  await writeGrid(join(values.out, 'compact-samples.jpg'), grid, 128);
  const strips = [0, 1, 2].map((row) =>
    tf.tidy(() => {
      const [from, to] = [latentOf(100 + 2 * row), latentOf(101 + 2 * row)];
      const steps = tf.reshape(tf.linspace(0, 1, 8), [8, 1]);
      const mixed = tf.add(from, tf.mul(tf.sub(to, from), steps)) as tf.Tensor2D;
      return signed(generator.map(mixed, { truncation: 0.8 }));
    }),
  );
  await writeGrid(join(values.out, 'compact-interpolation.jpg'), strips, 128);
  const truncation = [0, 1, 2].map((row) =>
    tf.tidy(
      () =>
        tf.concat(
          [0, 0.15, 0.3, 0.45, 0.6, 0.75, 0.9, 1].map((psi) =>
            signed(generator.map(latentOf(200 + row), { truncation: psi })),
          ),
        ) as tf.Tensor4D,
    ),
  );
  await writeGrid(join(values.out, 'compact-truncation.jpg'), truncation, 128);
  tf.dispose([grid, strips, truncation]);
}

function latentOf(index: number): tf.Tensor2D {
  const size = generator.latents.styles[1];
  return tf.tensor2d(createRandom(11).fork(`z ${index}`).normals(size), [1, size]);
}

function sample(from: number, count: number, truncation: number): tf.Tensor4D {
  const all = Array.from({ length: count }, (_, i) => latentOf(from + i));
  return signed(generator.map(tf.concat(all) as tf.Tensor2D, { truncation }));
}

function signed(code: LatentCode): tf.Tensor4D {
  return tf.sub(tf.mul(generator.synthesize(code), 2), 1);
}

function encoded(target: tf.Tensor4D): LatentCode {
  const image = tf.tidy(() => tf.mul(tf.add(target, 1), 0.5) as tf.Tensor4D);
  const code = generator.encoder.encode(image);
  image.dispose();
  return code;
}

/** Both in [−1, 1]. */
function compare(image: tf.Tensor4D, target: tf.Tensor4D): { psnr: number; distance: number } {
  return tf.tidy(() => {
    const clipped = tf.clipByValue(image, -1, 1) as tf.Tensor4D;
    const error = tf.mean(tf.squaredDifference(clipped, target)).dataSync()[0];
    const distance = features.distance(clipped, target).dataSync()[0];
    return { psnr: 10 * Math.log10(4 / error), distance };
  });
}

function photoOf(target: tf.Tensor4D): FloatImage {
  const data = tf.tidy(() => tf.mul(tf.add(target, 1), 0.5).dataSync()) as Float32Array;
  return { width: FACE_SIZE, height: FACE_SIZE, channels: 3, data };
}

function tensorOf({ width, height, data }: FloatImage): tf.Tensor4D {
  return tf.tidy(() => {
    const image = tf.tensor4d(Float32Array.from(data), [1, height, width, 3]);
    return tf.sub(tf.mul(image, 2), 1) as tf.Tensor4D;
  });
}
