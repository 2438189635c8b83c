import { composite } from '@latent-matte/core';
import {
  Adam,
  blockMeans,
  compositionalLoss,
  distance,
  entropyLoss,
  overwriteKnown,
  resize,
  trimapClasses,
  trimapFromLogits,
} from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import { argmaxError } from '../argmax';
import type { Fixture } from '../fixture';
import { errorsNearTies, tolerateAmplifiedRounding } from '../last-bits';
import { type Measurement, type PendingMeasurement, storedTensorError } from '../measurement';
import {
  codeGradientErrors,
  codeOf,
  deltaError,
  firstCode,
  Kept,
  type OfficialNetworks,
  officialNetworks,
  rowError,
} from '../official-run';
import { scoped } from '../scoped';
import { storedMap, structuredImage, toSigned } from '../stored-tensors';
import type { FixtureCheck } from './fixture-check';
import { officialEnhancement } from './official-calls';

type Size = readonly [height: number, width: number];

interface Config {
  readonly size: number;
  readonly inner_hw: Size;
  readonly portrait_hw: Size;
  readonly perceptual_size: number;
  readonly lr: number;
  readonly steps: number;
}

/** Terms of the objective, in the authors' order. */
const names = ['entropy', 'mse', 'lpips', 'adv'] as const;
type Name = (typeof names)[number];

/** The authors' weights for pictures in [0, 1]: a mean square in [−1, 1] is four times as large. */
const weights: Readonly<Record<Name, number>> = { entropy: 1, mse: 4 * 10, lpips: 100, adv: 1 };

/** What stays the same over the run; pictures in [0, 1]. */
interface Scene {
  readonly config: Config;
  readonly networks: OfficialNetworks;
  readonly portrait: tf.Tensor4D;
  readonly portraitFeatures: tf.Tensor4D;
  readonly foreground: tf.Tensor4D;
  readonly background: tf.Tensor4D;
}

/** One look at a generated image. */
interface Forward {
  readonly inner: tf.Tensor4D;
  readonly logits: tf.Tensor4D;
  readonly rawAlpha: tf.Tensor4D;
  readonly alpha: tf.Tensor4D;
  readonly resizedAlpha: tf.Tensor4D;
  readonly composed: tf.Tensor4D;
  readonly score: tf.Tensor2D;
  /** Weighted. */
  readonly terms: Readonly<Record<Name, tf.Scalar>>;
  readonly total: tf.Scalar;
}

/** The authors' main.py with GCA: four updates, composed of the parts that the product has. */
export const officialLoop: FixtureCheck = {
  items: /^official_loop_/,
  needsBackend: true,
  async run(fixture, { folder }) {
    const networks = officialNetworks(fixture, folder);
    try {
      return [
        ...(await loopNearTies(fixture, networks)),
        ...(await officialEnhancement(fixture, networks)),
      ];
    } finally {
      for (const network of Object.values(networks)) network.dispose();
    }
  },
};

/**
 * ReLUs of the trimap network tie at the generated image, so that the first styles may be moved by their last bits; four
 * updates amplify what rounding does.
 */
async function loopNearTies(fixture: Fixture, networks: OfficialNetworks): Promise<Measurement[]> {
  const [styles, ...noise] = firstCode(fixture, networks.generator);
  const errorsAt = (moved: tf.Tensor) =>
    scoped(() => loop(fixture, makeScene(fixture, networks), [moved, ...noise]));
  const isOfPath = (name: string) => name.includes('_delta_');
  try {
    return await errorsNearTies(
      styles!,
      async (moved) => {
        const found = await Promise.all(errorsAt(moved));
        return await tolerateAmplifiedRounding(found, isOfPath, moved, errorsAt);
      },
      'first styles',
    );
  } finally {
    tf.dispose([styles!, ...noise]);
  }
}

function makeScene(fixture: Fixture, networks: OfficialNetworks): Scene {
  const config = fixture.json<Config>('config');
  const { size, portrait_hw, perceptual_size } = config;
  const square: Size = [size, size];
  const picture = (key: string, from: Size) => structuredImage(fixture, key, from, 0.5, 0.5);
  const portrait = resize(picture('input:portrait', portrait_hw), square, 'nearest');
  return {
    config,
    networks,
    portrait,
    portraitFeatures: networks.lpips.features(blockMeans(portrait, perceptual_size)),
    foreground: resize(picture('input:foreground', portrait_hw), square, 'nearest'),
    background: picture('input:background', square),
  };
}

/** Trimap and matte as the authors make them: nothing is clipped, and alpha is free where the trimap is unknown. */
function predict({ config, networks }: Scene, image: tf.Tensor4D) {
  const inner = resize(image, config.inner_hw, 'bicubic');
  const logits = networks.trimap.logits(inner);
  const trimap = trimapFromLogits(logits);
  const rawAlpha = networks.matting.prediction({ image: inner, trimap });
  return { inner, logits, rawAlpha, alpha: overwriteKnown(rawAlpha, trimapClasses(trimap)) };
}

function forward(scene: Scene, image: tf.Tensor4D): Forward {
  const { config, networks, portrait, portraitFeatures, foreground, background } = scene;
  const predicted = predict(scene, image);
  const resizedAlpha = resize(predicted.alpha, [config.size, config.size], 'bicubic');
  const composed = composite(foreground, background, resizedAlpha);
  const score = networks.discriminator.score(composed);
  const features = networks.lpips.features(blockMeans(image, config.perceptual_size));
  const plain: Record<Name, tf.Scalar> = {
    entropy: entropyLoss(predicted.logits),
    mse: distance(image, portrait, 'mean-square'),
    lpips: distance(features, portraitFeatures, 'sum-square'),
    adv: compositionalLoss(score),
  };
  const terms = Object.fromEntries(
    names.map((name) => [name, tf.mul(plain[name], weights[name])]),
  ) as Record<Name, tf.Scalar>;
  const total = tf.addN(names.map((name) => terms[name])) as tf.Scalar;
  return { ...predicted, resizedAlpha, composed, score, terms, total };
}

function keepForward(kept: Kept, seen: Forward): Forward {
  const { terms, ...tensors } = seen;
  for (const tensor of [...Object.values(tensors), ...Object.values(terms)]) kept.keep(tensor);
  return seen;
}

function loop(fixture: Fixture, scene: Scene, start: readonly tf.Tensor[]): PendingMeasurement[] {
  const { generator } = scene.networks;
  const image = (code: readonly tf.Tensor[]) => generator.synthesize(codeOf(code));
  const adam = new Adam({ learningRate: scene.config.lr });
  const history: Forward[] = [];
  const kept = new Kept();
  const measurements = original(fixture, scene);
  let code: readonly tf.Tensor[] = start;
  for (let step = 1; step <= scene.config.steps; step++) {
    let seen: Forward | undefined;
    const { grads } = tf.valueAndGrads((...latents: tf.Tensor[]) => {
      seen = keepForward(kept, forward(scene, image(latents)));
      return seen.total;
    })([...code]);
    history.push(seen!);
    if (step === 1) {
      measurements.push(
        ...stateErrors(fixture, 'first', image(code), seen!),
        ...codeGradientErrors(fixture, 'first.', grads),
        ...imageGradients(fixture, scene, image(code)),
      );
    } else {
      measurements.push(argmaxOf(fixture, `argmax_step${step}`, seen!.logits));
    }
    code = adam.step(code, grads);
    measurements.push(deltaError(fixture, `wplus_delta_${step}`, start[0]!, code[0]!));
  }
  adam.dispose();
  const last = image(code);
  history.push(forward(scene, last));
  measurements.push(
    ...stateErrors(fixture, 'after', last, history.at(-1)!),
    ...start.slice(1).map((before, i) => {
      return deltaError(fixture, `noise_delta_${i}`, before, code[i + 1]!);
    }),
    ...names.map((name) =>
      rowError(
        fixture,
        `loss.${name}`,
        history.map(({ terms }) => terms[name]),
      ),
    ),
    rowError(
      fixture,
      'loss.total',
      history.map(({ total }) => total),
    ),
  );
  kept.dispose();
  return measurements;
}

/** The first iteration, which looks at the portrait itself and updates nothing. */
function original(fixture: Fixture, scene: Scene): PendingMeasurement[] {
  const { inner, logits, alpha } = predict(scene, scene.portrait);
  return [
    storedMap(fixture, 'original.image_inner', toSigned(inner)),
    storedMap(fixture, 'original.logits', logits),
    storedMap(fixture, 'original.alpha', alpha),
    argmaxOf(fixture, 'original.argmax', logits),
  ];
}

function stateErrors(
  fixture: Fixture,
  when: 'first' | 'after',
  image: tf.Tensor4D,
  seen: Forward,
): PendingMeasurement[] {
  return [
    storedMap(fixture, `${when}.image`, toSigned(image)),
    storedMap(fixture, `${when}.image_inner`, toSigned(seen.inner)),
    storedMap(fixture, `${when}.logits`, seen.logits),
    argmaxOf(fixture, `${when}.argmax`, seen.logits),
    storedMap(fixture, `${when}.alpha_raw`, seen.rawAlpha),
    storedMap(fixture, `${when}.alpha`, seen.alpha),
    storedMap(fixture, `${when}.alpha_resized`, seen.resizedAlpha),
    storedMap(fixture, `${when}.composite`, toSigned(seen.composed)),
    storedTensorError(fixture, `${when}.D`, seen.score),
  ];
}

/** The gradient of each weighted term at the generated image, in its range [−1, 1]. */
function imageGradients(fixture: Fixture, scene: Scene, image: tf.Tensor4D): PendingMeasurement[] {
  const stored: readonly (readonly [string, Name])[] = [
    ['entropy', 'entropy'],
    ['mse10', 'mse'],
    ['lpips100', 'lpips'],
    ['adv', 'adv'],
  ];
  return stored.flatMap(([suffix, name]): PendingMeasurement[] => {
    if (!fixture.has(`grad_image.${suffix}`)) return [];
    const gradient = tf.grad((x: tf.Tensor) => forward(scene, x as tf.Tensor4D).terms[name])(image);
    return [storedMap(fixture, `grad_image.${suffix}`, gradient as tf.Tensor4D, { scale: 0.5 })];
  });
}

function argmaxOf(fixture: Fixture, name: string, logits: tf.Tensor4D): PendingMeasurement {
  const { tol_max = 1e-4, max_abs } = fixture.info('first.logits');
  return argmaxError(fixture, name, logits, tol_max * max_abs);
}
