import { composite, type RasterImage } from '@latent-matte/core';
import {
  blockMeans,
  compositionalLoss,
  distance,
  entropyLoss,
  overwriteKnown,
  resize,
  resizeLikePillow,
  resizeMatrix,
  softplus,
} from '@latent-matte/core/ops';
import { normalizeImage } from '@latent-matte/models/internals';
import * as tf from '@tensorflow/tfjs-core';
import type { Fixture } from '../fixture';
import { maxError, type PendingMeasurement, storedTensorError } from '../measurement';
import { scoped } from '../scoped';
import {
  outputWeights,
  storedMap,
  structuredImage,
  toNchw,
  toNhwc,
  toUnit,
} from '../stored-tensors';
import type { FixtureCheck } from './fixture-check';

interface Config {
  readonly hw: readonly [number, number];
  readonly comp: { readonly inner: readonly [number, number]; readonly size: number };
  readonly weights: { readonly pc: number };
}

type Size = readonly [height: number, width: number];

/** Terms of the authors' objective, what they resize, composite and overwrite, and how they read files. */
export const officialLosses: FixtureCheck = {
  items: /^official_losses$/,
  needsBackend: true,
  run: (fixture) =>
    scoped(() => [
      ...terms(fixture),
      ...composition(fixture),
      ...resizes(fixture),
      ...means(fixture),
      ...nearest(fixture),
      ...files(fixture),
      mattingInput(fixture),
    ]),
};

/** The gradient of Σ r f(x) with r the hash of a key. */
function weightedGradient(
  fixture: Fixture,
  key: string,
  f: (x: tf.Tensor4D) => tf.Tensor4D,
  x: tf.Tensor4D,
): tf.Tensor4D {
  return tf.grad((input: tf.Tensor) => {
    const y = f(input as tf.Tensor4D);
    return tf.sum(tf.mul(y, outputWeights(fixture, key, y)));
  })(x) as tf.Tensor4D;
}

function terms(fixture: Fixture): PendingMeasurement[] {
  const { hw, weights } = fixture.json<Config>('config');
  const [height, width] = hw;
  const count = 3 * height * width;
  const logits = toNhwc(fixture.hash('loss:logits', count, 6), [1, 3, height, width]);
  const scores = tf.tensor1d(fixture.floats('ca.logits'));
  const [image, target] = ['loss:image', 'loss:target'].map((key) =>
    structuredImage(fixture, key, hw, 1, 0),
  ) as [tf.Tensor4D, tf.Tensor4D];
  const consistency = (x: tf.Tensor) => tf.mul(distance(x, target, 'mean-square'), weights.pc);
  const entropy = (x: tf.Tensor) => entropyLoss(x as tf.Tensor4D);
  // Of the sum: the loss is a mean over the batch.
  const sum = (x: tf.Tensor) => tf.mul(compositionalLoss(x), scores.size);
  return [
    storedTensorError(fixture, 'entropy.value', entropyLoss(logits)),
    storedMap(fixture, 'entropy.grad_logits', tf.grad(entropy)(logits) as tf.Tensor4D),
    storedTensorError(fixture, 'pc.value', consistency(image)),
    storedMap(fixture, 'pc.grad', tf.grad(consistency)(image) as tf.Tensor4D),
    storedTensorError(fixture, 'ca.softplus_neg', softplus(tf.neg(scores))),
    storedTensorError(fixture, 'ca.mean', compositionalLoss(scores)),
    storedTensorError(fixture, 'ca.grad', tf.grad(sum)(scores)),
  ];
}

function composition(fixture: Fixture): PendingMeasurement[] {
  const { inner, size } = fixture.json<Config>('config').comp;
  const alpha = structuredImage(fixture, 'loss:alpha', inner, 0.5, 0.5, 1);
  const trimap = tf.tensor4d(fixture.bytes('comp.trimap'), [1, ...inner, 1], 'int32');
  const classes = {
    unknown: tf.cast(tf.equal(trimap, 1), 'float32') as tf.Tensor4D,
    foreground: tf.cast(tf.equal(trimap, 2), 'float32') as tf.Tensor4D,
  };
  const [foreground, background] = ['loss:fg', 'loss:bg'].map((key) =>
    structuredImage(fixture, key, [size, size], 1, 0),
  ) as [tf.Tensor4D, tf.Tensor4D];
  const resized = (x: tf.Tensor4D) => resize(overwriteKnown(x, classes), [size, size], 'bicubic');
  const composed = (x: tf.Tensor4D) => composite(foreground, background, resized(x));
  const gradient = (key: string, f: typeof resized) => weightedGradient(fixture, key, f, alpha);
  return [
    storedMap(fixture, 'comp.alpha_overwritten', overwriteKnown(alpha, classes)),
    storedMap(fixture, 'comp.alpha_resized', resized(alpha)),
    storedMap(fixture, 'comp.composite', composed(alpha)),
    storedMap(fixture, 'comp.grad_raw_alpha', gradient('grad:composite', composed)),
    storedMap(fixture, 'comp.grad_raw_alpha_from_resized', gradient('grad:alpha_resized', resized)),
  ];
}

/** F.interpolate, bicubic: the three of the script, and small ones. */
function resizes(fixture: Fixture): PendingMeasurement[] {
  const sizes = new Map<string, readonly [Size, Size]>();
  for (const name of fixture.names) {
    const small = /^resize\.small\.((\d+)x(\d+)_(\d+)x(\d+))$/.exec(name);
    const whole = /^resize\.(\w+)$/.exec(name);
    const text = small?.[0] ?? fixture.info(name).note ?? '';
    const [a, b, c, d] = [...text.matchAll(/\d+/g)].map(Number) as [number, number, number, number];
    if (small !== null || whole !== null)
      sizes.set(name, [
        [a, b],
        [c, d],
      ]);
  }
  return [...sizes].flatMap(([name, [from, to]]) => {
    const key = name.replace('resize.small.', 'resize:').replace('resize.', 'resize:');
    const x = structuredImage(fixture, key, from, 1, 0, 1);
    const f = (input: tf.Tensor4D) => resize(input, to, 'bicubic');
    const [y, gradient] = [f(x), weightedGradient(fixture, `grad:${key}`, f, x)];
    // The first rows, the first values of each.
    const edge = (map: tf.Tensor4D) => {
      const [rows, columns] = fixture.shape(`${name}.edge`).slice(-2) as [number, number];
      return tf.slice(map, [0, 0, 0, 0], [1, rows, columns, 1]);
    };
    return [
      storedMap(fixture, name, y),
      storedMap(fixture, `${name}.grad`, gradient),
      ...(fixture.has(`${name}.edge`)
        ? [
            storedMap(fixture, `${name}.edge`, edge(y)),
            storedMap(fixture, `${name}.grad_edge`, edge(gradient)),
          ]
        : []),
    ];
  });
}

function means(fixture: Fixture): PendingMeasurement[] {
  return fixture.names.flatMap((name) => {
    const match = /^blockmean\.(\d+)_(\d+)$/.exec(name);
    if (match === null) return [];
    const [from, to] = [Number(match[1]), Number(match[2])];
    const x = structuredImage(fixture, `loss:pool${from}`, [from, from], 1, 0);
    const f = (input: tf.Tensor4D) => blockMeans(input, to);
    return [
      storedMap(fixture, name, f(x)),
      storedMap(fixture, `${name}.grad`, weightedGradient(fixture, `grad:pool${from}`, f, x)),
    ];
  });
}

/** Which sample F.interpolate's nearest takes. */
function nearest(fixture: Fixture): PendingMeasurement[] {
  return fixture.names.flatMap((name) => {
    const match = /^nearest\.(\d+)_(\d+)$/.exec(name);
    if (match === null) return [];
    const [from, to] = [Number(match[1]), Number(match[2])];
    const matrix = resizeMatrix(from, to, 'nearest');
    const indices = Array.from({ length: to }, (_, i) =>
      matrix.subarray(i * from, (i + 1) * from).indexOf(1),
    );
    return [maxError(name, indices, fixture.integers(name), 0)];
  });
}

/** From the bytes of a file to what the networks are given. Pillow's bytes may differ by one. */
function files(fixture: Fixture): PendingMeasurement[] {
  return fixture.names.flatMap((name): PendingMeasurement[] => {
    if (!/^file\.\d+$/.test(name)) return [];
    const [height, width] = fixture.shape(name) as [number, number];
    const image: RasterImage = { width, height, channels: 3, data: fixture.bytes(name) };
    const bytes = (part: string, method: 'bilinear' | 'bicubic') => {
      const [rows, columns] = fixture.shape(`${name}.${part}`) as [number, number];
      const { data } = resizeLikePillow(image, [rows, columns], method);
      return maxError(`${name}.${part}`, data, fixture.bytes(`${name}.${part}`), 1);
    };
    const [, , rows, columns] = fixture.shape(`${name}.portrait`) as [
      number,
      number,
      number,
      number,
    ];
    const tensor = tf.tensor4d(fixture.bytes(name), [1, height, width, 3], 'float32');
    const unit: tf.Tensor4D = tf.div(tensor, 255);
    const portrait = resize(
      tf.mul(tf.sub(unit, 0.5), 2) as tf.Tensor4D,
      [rows, columns],
      'nearest',
    );
    return [
      storedMap(fixture, `${name}.portrait`, portrait),
      bytes('background', 'bicubic'),
      bytes('inversion_target', 'bilinear'),
    ];
  });
}

/** [−1, 1] → ImageNet's statistics, as every matting network here does inside. */
function mattingInput(fixture: Fixture): PendingMeasurement {
  const image = toUnit(structuredImage(fixture, 'loss:matin', [16, 24], 1, 0));
  return storedTensorError(fixture, 'matting_input', toNchw(normalizeImage(image)));
}
