import { Adam, blockMeans, distance } from '@latent-matte/core/ops';
import { createLpipsVgg, type LpipsVgg, type StyleGAN2Generator } from '@latent-matte/models';
import * as tf from '@tensorflow/tfjs-core';
import type { Fixture } from '../fixture';
import type { PendingMeasurement } from '../measurement';
import { networkWeights } from '../network-weights';
import {
  codeGradientErrors,
  codeOf,
  deltaError,
  firstCode,
  Kept,
  officialGenerator,
  rowError,
} from '../official-run';
import { scoped } from '../scoped';
import { storedMap, structuredImage, toSigned } from '../stored-tensors';
import type { FixtureCheck } from './fixture-check';
import { officialInversionCall } from './official-calls';

interface Config {
  readonly size: number;
  readonly perceptual_size: number;
  readonly w_steps: number;
  readonly n_steps: number;
  readonly w_lr: number;
  readonly n_lr: number;
}

interface Parts {
  readonly config: Config;
  readonly generator: StyleGAN2Generator;
  readonly lpips: LpipsVgg;
  /** In [0, 1]. */
  readonly portrait: tf.Tensor4D;
}

/** The authors' stylegan++.py: W+ by LPIPS and pixels, then the noise maps by pixels alone. */
export const officialInversion: FixtureCheck = {
  items: /^official_inversion_/,
  needsBackend: true,
  async run(fixture, { folder }) {
    const config = fixture.json<Config>('config');
    const generator = officialGenerator(fixture, folder);
    const lpips = createLpipsVgg(networkWeights(fixture, folder, 'lpips'));
    const { size } = config;
    try {
      const stages = scoped(() => {
        const portrait = structuredImage(fixture, 'input:portrait', [size, size], 0.5, 0.5);
        const parts = { config, generator, lpips, portrait };
        return [...stylesStage(fixture, parts), ...noiseStage(fixture, parts)];
      });
      return [...stages, ...(await officialInversionCall(fixture, generator, lpips))];
    } finally {
      generator.dispose();
      lpips.dispose();
    }
  },
};

/** The mean square in [−1, 1]. */
const meanSquare = ({ portrait }: Parts, image: tf.Tensor4D): tf.Scalar =>
  tf.mul(distance(image, portrait, 'mean-square'), 4);

/** 0.01 · (100 · LPIPS) + the mean square. */
function stylesStage(fixture: Fixture, parts: Parts): PendingMeasurement[] {
  const { config, generator, lpips, portrait } = parts;
  const look = (image: tf.Tensor4D) => lpips.features(blockMeans(image, config.perceptual_size));
  const wanted = look(portrait);
  const start = firstCode(fixture, generator);
  const noise = start.slice(1);
  const rows: Record<'lpips100' | 'mse' | 'total', tf.Tensor[]> = {
    lpips100: [],
    mse: [],
    total: [],
  };
  const measurements: PendingMeasurement[] = [];
  const kept = new Kept();
  const adam = new Adam({ learningRate: config.w_lr });
  let styles = start[0]!;
  for (let step = 1; step <= config.w_steps; step++) {
    const { value, grads } = tf.valueAndGrads((w: tf.Tensor) => {
      const image = generator.synthesize(codeOf([w, ...noise]));
      if (step === 1) {
        measurements.push(storedMap(fixture, 'w_stage.image_first', toSigned(image)));
      }
      const perceptual = distance(look(image), wanted, 'sum-square');
      const consistency = meanSquare(parts, image);
      rows.lpips100.push(kept.keep(tf.mul(perceptual, 100)));
      rows.mse.push(kept.keep(consistency));
      return tf.add(perceptual, consistency) as tf.Scalar;
    })([styles]);
    rows.total.push(value);
    if (step === 1) measurements.push(...codeGradientErrors(fixture, 'w_stage.', grads));
    styles = adam.step([styles], grads)[0]!;
    measurements.push(deltaError(fixture, `wplus_delta_${step}`, start[0]!, styles));
  }
  adam.dispose();
  measurements.push(
    ...(['lpips100', 'mse', 'total'] as const).map((name) =>
      rowError(fixture, `w_stage.${name}`, rows[name]),
    ),
  );
  kept.dispose();
  return measurements;
}

/** 0.1 · the mean square, from the stored W+. */
function noiseStage(fixture: Fixture, parts: Parts): PendingMeasurement[] {
  const { config, generator } = parts;
  if (config.n_steps === 0) return [];
  const [first, ...start] = firstCode(fixture, generator);
  const styles = tf.tensor(fixture.floats('n_stage.wplus_start'), first!.shape);
  const image = (noise: readonly tf.Tensor[]) => generator.synthesize(codeOf([styles, ...noise]));
  const measurements: PendingMeasurement[] = [];
  const rows: tf.Tensor[] = [];
  const kept = new Kept();
  const adam = new Adam({ learningRate: config.n_lr });
  let noise: readonly tf.Tensor[] = start;
  for (let step = 1; step <= config.n_steps; step++) {
    const { grads } = tf.valueAndGrads((...maps: tf.Tensor[]) => {
      const made = image(maps);
      const consistency = meanSquare(parts, made);
      rows.push(kept.keep(consistency));
      if (step === 1) {
        measurements.push(storedMap(fixture, 'n_stage.image_first', toSigned(made)));
      }
      return tf.mul(consistency, 0.1) as tf.Scalar;
    })([...noise]);
    if (step === 1) {
      measurements.push(...codeGradientErrors(fixture, 'n_stage.', [tf.scalar(0), ...grads]));
    }
    noise = adam.step(noise, grads);
    measurements.push(
      ...noise.flatMap((map, i) => {
        const name = `noise_delta_${step}_${i}`;
        return fixture.has(name) ? [deltaError(fixture, name, start[i]!, map)] : [];
      }),
    );
  }
  adam.dispose();
  const last = image(noise);
  measurements.push(
    rowError(fixture, 'n_stage.mse', rows),
    rowError(fixture, 'mse_after', [meanSquare(parts, last)]),
    storedMap(fixture, 'image_after', toSigned(last)),
  );
  kept.dispose();
  return measurements;
}
