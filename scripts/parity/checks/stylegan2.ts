import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LatentCode } from '@latent-matte/core';
import { openCheckpoint, type WeightArchive } from '@latent-matte/core/checkpoints';
import { compositionalLoss } from '@latent-matte/core/ops';
import {
  createStyleGAN2Discriminator,
  createStyleGAN2Generator,
  type StyleGAN2Discriminator,
  type StyleGAN2Generator,
} from '@latent-matte/models';
import * as tf from '@tensorflow/tfjs-core';
import type { Fixture } from '../fixture';
import { errorsNearTies } from '../last-bits';
import {
  type Measurement,
  maxError,
  type PendingMeasurement,
  storedTensorError,
  valuesOf,
} from '../measurement';
import { networkWeights } from '../network-weights';
import { scoped } from '../scoped';
import { outputWeights, storedMap, toNhwc, toSigned, toUnit } from '../stored-tensors';
import type { FixtureCheck } from './fixture-check';

/** Mean and deviation of the whole 1024² picture, absolute (fixtures/README.md §4). */
const WHOLE_TOLERANCE = 1e-4;

/** Generators: values after every layer, mapping and truncation, gradients in W+ and every noise map. */
export const generators: FixtureCheck = {
  items: /^stylegan2_g\d+$/,
  needsBackend: true,
  run(fixture, { folder }) {
    const generator = createStyleGAN2Generator(weightsOf(fixture, folder));
    try {
      return scoped(() => [
        ...synthesis(fixture, generator),
        ...(fixture.has('grad_wplus') ? gradients(fixture, generator) : []),
        ...(fixture.has('w') ? mapping(fixture, generator) : []),
      ]);
    } finally {
      generator.dispose();
    }
  },
};

/**
 * Discriminators: logits, blocks and gradients, for one picture and for a batch of four.
 *
 * `stylegan2_d64`, gradients of four pictures: one value in front of a leaky ReLU (picture 3, pixel (1, 0), channel 188
 * of `convs.4.conv2`) is −8.6e-9 in float64, among values of 0.2. Its other sign changes the gradient by 9.7e-3, over
 * the tolerance of 8e-3. In float32 the sign is chance: PyTorch has it wrong in 18 of 40 orders of the channels
 * (deviation 1.4e-7), and already rounding every map once, after sums in float64, moves the value by up to 1.4e-8.
 * So the pictures may be moved by their last bits; an error of ours stays at all of them.
 */
export const discriminators: FixtureCheck = {
  items: /^stylegan2_d\d+$/,
  needsBackend: true,
  async run(fixture, { folder }) {
    const archive = networkWeights(fixture, folder);
    const { stddev_group: groupSize } = JSON.parse(fixture.metadata.get('config') ?? '{}');
    const discriminator = createStyleGAN2Discriminator(archive, { groupSize });
    const { resolution } = discriminator.architecture;
    const found: Measurement[] = [];
    try {
      for (const n of [1, 4].filter((count) => fixture.has(`logit_n${count}`))) {
        const shape = [n, 3, resolution, resolution] as const;
        const pictures = toNhwc(fixture.image(`input:image_n${n}`, shape, 1, 0), shape);
        const errorsAt = (moved: tf.Tensor4D) =>
          scoped(() => discriminatorErrors(fixture, discriminator, moved));
        found.push(...(await errorsNearTies(pictures, errorsAt, 'pictures')));
        pictures.dispose();
      }
      return found;
    } finally {
      discriminator.dispose();
    }
  },
};

/** @param pictures `[n, H, W, 3]` in [−1, 1] */
function discriminatorErrors(
  fixture: Fixture,
  discriminator: StyleGAN2Discriminator,
  pictures: tf.Tensor4D,
): PendingMeasurement[] {
  const [n] = pictures.shape;
  const score = (x: tf.Tensor) => discriminator.score(toUnit(x as tf.Tensor4D));
  const loss = (x: tf.Tensor) => tf.mul(compositionalLoss(score(x)), n) as tf.Scalar;
  let state: tf.Tensor[] = [toUnit(pictures)];
  let block = 0;
  const blocks = discriminator.segments().flatMap((segment) => {
    state = segment.run(state);
    // A block ends where there is one map again.
    if (state.length > 1) return [];
    const name = `inter.convs.${block++}_n${n}`;
    return fixture.has(name) ? [storedMap(fixture, name, state[0] as tf.Tensor4D)] : [];
  });
  return [
    ...blocks,
    storedTensorError(fixture, `logit_n${n}`, score(pictures)),
    storedTensorError(fixture, `loss_gnonsat_sum_n${n}`, loss(pictures)),
    ...[
      { name: `grad_gnonsat_n${n}`, f: loss },
      { name: `grad_logit_n${n}`, f: (x: tf.Tensor) => tf.sum(score(x)) },
    ].map(({ name, f }) => storedMap(fixture, name, tf.grad(f)(pictures) as tf.Tensor4D)),
  ];
}

/** A StyleGAN2-ADA pickle from the file to the picture and to the logit. */
export const adaPickle: FixtureCheck = {
  items: /^ada_pickle$/,
  needsBackend: true,
  async run(fixture, { folder }) {
    const bytes = new Uint8Array(readFileSync(join(folder, 'formats', 'ada.pkl')));
    const checkpoint = await openCheckpoint(bytes);
    const generator = createStyleGAN2Generator(checkpoint);
    const discriminator = createStyleGAN2Discriminator(checkpoint, { groupSize: 4 });
    try {
      return scoped(() => {
        const z = tf.tensor2d(fixture.hash('fmt:z', 2 * 16, Math.sqrt(3)), [2, 16]);
        const code = generator.map(z, { truncation: 0.7 });
        const portrait = generator.synthesize(code);
        return [
          storedTensorError(fixture, 'w', code.styles),
          storedMap(fixture, 'image', toSigned(portrait)),
          storedTensorError(fixture, 'logit', discriminator.score(portrait)),
        ];
      });
    } finally {
      generator.dispose();
      discriminator.dispose();
    }
  },
};

function weightsOf(fixture: Fixture, folder: string): WeightArchive {
  const tensors = new Map(networkWeights(fixture, folder).tensors);
  const mean = fixture.hash('latent_avg', 512, 0.5);
  tensors.set('latent_avg', { dtype: 'F32', shape: [512], bytes: new Uint8Array(mean.buffer) });
  return { tensors };
}

function codeOf(fixture: Fixture, { latents }: StyleGAN2Generator): LatentCode {
  const [layers, size] = latents.styles;
  return {
    styles: tf.tensor3d(fixture.hash('input:wplus', layers * size), [1, layers, size]),
    noise: latents.noise.map(([height, width], i) =>
      tf.tensor4d(fixture.hash(`input:noise_${i}`, height * width), [1, height, width, 1]),
    ),
  };
}

/** The name that rosinality gives to what a segment computes. */
function layerName(segment: string): string {
  const [size, part] = segment.split('² ') as [string, string];
  const j = Math.log2(Number(size)) - 3;
  if (part === 'RGB') return j < 0 ? 'to_rgb1' : `to_rgbs.${j}`;
  return j < 0 ? 'conv1' : `convs.${part === 'up' ? 2 * j : 2 * j + 1}`;
}

function synthesis(fixture: Fixture, generator: StyleGAN2Generator): PendingMeasurement[] {
  const code = codeOf(fixture, generator);
  const measurements: PendingMeasurement[] = [];
  let state: readonly tf.Tensor4D[] = [];
  for (const { segments = [] } of generator.segments()) {
    for (const { name, run } of segments) {
      const before = state;
      state = run(before, code);
      tf.dispose(before.filter((tensor) => !state.includes(tensor)));
      const stored = `inter.${layerName(name)}`;
      if (!fixture.has(stored)) continue;
      const made = name.endsWith('RGB') ? state[state.length - 1]! : state[0]!;
      measurements.push(
        storedMap(
          fixture,
          stored,
          state.length === 1 && name.endsWith('RGB') ? toSigned(made) : made,
        ),
      );
    }
  }
  const image = toSigned(generator.synthesize(code));
  const { mean, std } = fixture.info('image');
  const ours = valuesOf(image).then(moments);
  return [
    ...measurements,
    storedMap(fixture, 'image', image),
    ours.then((found) => maxError('mean of the image', [found.mean], [mean], WHOLE_TOLERANCE)),
    ours.then(({ deviation }) =>
      maxError('deviation of the image', [deviation], [std], WHOLE_TOLERANCE),
    ),
  ];
}

/** In float64: a float32 sum of three million squares is off by more than the tolerance. */
function moments(values: ArrayLike<number>): { mean: number; deviation: number } {
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < values.length; i++) {
    sum += values[i]!;
    squares += values[i]! ** 2;
  }
  const mean = sum / values.length;
  return { mean, deviation: Math.sqrt(squares / values.length - mean ** 2) };
}

function gradients(fixture: Fixture, generator: StyleGAN2Generator): PendingMeasurement[] {
  const { styles, noise } = codeOf(fixture, generator);
  const loss = (...tensors: tf.Tensor[]): tf.Scalar => {
    const [w, ...maps] = tensors as [tf.Tensor3D, ...tf.Tensor4D[]];
    const image = toSigned(generator.synthesize({ styles: w, noise: maps }));
    return tf.sum(tf.mul(image, outputWeights(fixture, 'grad:image', image)));
  };
  const { value, grads } = tf.valueAndGrads(loss)([styles, ...noise]);
  const [ofStyles, ...ofNoise] = grads;
  return [
    storedTensorError(fixture, 'loss_wsum', value),
    storedTensorError(fixture, 'grad_wplus', ofStyles!),
    ...ofNoise.map((gradient, i) => storedMap(fixture, `grad_noise_${i}`, gradient as tf.Tensor4D)),
  ];
}

function mapping(fixture: Fixture, generator: StyleGAN2Generator): PendingMeasurement[] {
  const z = tf.tensor2d(fixture.hash('input:z', 2 * 512, Math.sqrt(3)), [2, 512]);
  const { truncation } = JSON.parse(fixture.metadata.get('config') ?? '{}');
  const row = (code: LatentCode) => tf.slice(code.styles, [0, 0, 0], [2, 1, 512]);
  const truncated = generator.map(z, { truncation });
  const { noise } = codeOf(fixture, generator);
  const image = toSigned(generator.synthesize({ styles: truncated.styles, noise }));
  return [
    storedTensorError(fixture, 'w', row(generator.map(z))),
    storedTensorError(fixture, 'w_trunc', row(truncated)),
    storedMap(fixture, 'image_from_z_trunc', image),
  ];
}
