import type { Random } from '@latent-matte/core';
import { BASE_SIDE, ENCODER_SIDE } from '@latent-matte/models/internals';
import * as tf from '@tensorflow/tfjs-core';
import { drawCodes } from './codes';
import { trainableDiscriminator } from './discriminator';
import { baseCode, codeOffsets } from './encoder';
import type { Faces } from './faces';
import type { FeatureNetwork } from './squeezenet';
import { drawNoise, trainableSynthesis, type Variables } from './synthesis';

const OFFSET_WEIGHT = 0.002;
/** Weight of the gradient penalty, steps between two of them, and the noise that measures it. */
const PENALTY = 1;
export const PENALTY_EVERY = 4;
const PENALTY_NOISE = 0.05;

export interface GeneratorScene {
  readonly faces: Faces;
  readonly side: number;
  readonly rows: number;
  readonly generator: Variables;
  readonly encoder: Variables;
  readonly features: FeatureNetwork | undefined;
  readonly perceptualWeight: number;
  /** Discriminator and its weight, and the spread of the codes it is shown pictures of. */
  readonly adversary:
    | { readonly judge: Variables; readonly weight: number; readonly spread: Float32Array }
    | undefined;
}

export interface GeneratorLosses {
  /** Reconstructions, and with an adversary also pictures of random codes. `[N′, side, side, 3]` */
  readonly everything: tf.Tensor4D;
  /** The faces. `[N, side, side, 3]` */
  readonly target: tf.Tensor4D;
  readonly losses: Readonly<Record<string, tf.Scalar>> & { readonly total: tf.Scalar };
}

/**
 * What encoder and synthesis are trained on: L1, L1 of 8 × 8 means and distance of features between the faces and
 * their reconstructions, the size of the offsets, and the non-saturating adversarial loss of all pictures.
 */
export function generatorLosses(
  scene: GeneratorScene,
  picks: readonly number[],
  stream: Random,
): GeneratorLosses {
  const { faces, side, rows, generator, encoder, features, adversary } = scene;
  const levels = Math.log2(side) - 1;
  const target = faces.batch(picks, side);
  const n = picks.length;
  const shared = tf.expandDims(baseCode(encoder, faces.batch(picks, BASE_SIDE)), 1);
  const offsets = codeOffsets(encoder, faces.batch(picks, ENCODER_SIDE), rows);
  // Half of the batch without offsets: one code for all layers must do too, that is what is sampled later.
  const mask = tf.tensor3d(
    picks.map((_, i) => (i % 2 === 0 ? 1 : 0)),
    [n, 1, 1],
  );
  const known = tf.add(shared, tf.mul(offsets, mask)) as tf.Tensor3D;
  const invented = adversary === undefined ? 0 : Math.ceil(n / 2);
  const styles =
    adversary === undefined
      ? known
      : (tf.concat([known, drawCodes(stream, adversary.spread, invented, rows)]) as tf.Tensor3D);
  const noise = drawNoise(stream, n + invented, levels);
  const everything = trainableSynthesis(generator, styles, noise, levels);
  const image = tf.slice(everything, 0, n);
  const difference = tf.sub(image, target) as tf.Tensor4D;
  const absolute = tf.mean(tf.abs(difference)) as tf.Scalar;
  const coarse = tf.mean(tf.abs(tf.avgPool(difference, 8, 8, 'valid'))) as tf.Scalar;
  const perceptual =
    features === undefined || side < 32
      ? tf.scalar(0)
      : (tf.mean(features.distance(image, target)) as tf.Scalar);
  const size = tf.mean(tf.square(offsets)) as tf.Scalar;
  const fooled =
    adversary === undefined
      ? tf.scalar(0)
      : (tf.mean(
          tf.softplus(tf.neg(trainableDiscriminator(adversary.judge, everything))),
        ) as tf.Scalar);
  const total = tf.addN([
    absolute,
    coarse,
    tf.mul(perceptual, scene.perceptualWeight),
    tf.mul(size, OFFSET_WEIGHT),
    tf.mul(fooled, adversary?.weight ?? 0),
  ]) as tf.Scalar;
  return { everything, target, losses: { total, absolute, coarse, perceptual, size, fooled } };
}

/**
 * Logistic loss of the discriminator; with `penalized` also R1 without second derivatives: the change of the score
 * under a little noise (Lin et al., "Diffusion Adversarial Post-Training", arXiv 2501.08316), scaled to the
 * expectation of the squared gradient.
 */
export function discriminatorLoss(
  judge: Variables,
  { real, fake }: { real: tf.Tensor4D; fake: tf.Tensor4D },
  stream: Random,
  penalized: boolean,
): tf.Scalar {
  const n = real.shape[0];
  const seed = stream.integer(2 ** 31);
  const shaken = penalized
    ? [tf.add(real, tf.randomNormal(real.shape, 0, PENALTY_NOISE, 'float32', seed)) as tf.Tensor4D]
    : [];
  const scores = trainableDiscriminator(judge, tf.concat([real, ...shaken, fake]));
  const ofReal = tf.slice(scores, 0, n);
  const ofFake = tf.slice(scores, n * (1 + shaken.length), fake.shape[0]);
  const right = tf.add(tf.mean(tf.softplus(tf.neg(ofReal))), tf.mean(tf.softplus(ofFake)));
  if (!penalized) return right as tf.Scalar;
  const change = tf.squaredDifference(tf.slice(scores, n, n), ofReal);
  const factor = (0.5 * PENALTY * PENALTY_EVERY) / PENALTY_NOISE ** 2;
  return tf.add(right, tf.mul(tf.mean(change), factor)) as tf.Scalar;
}
