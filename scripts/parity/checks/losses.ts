import {
  Adam,
  compositionalLoss,
  distance,
  entropyLoss,
  entropyMap,
  noiseRegularization,
  normalizeNoise,
  softplus,
} from '@latent-matte/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Fixture } from '../fixture';
import {
  type Measurement,
  maxError,
  type PendingMeasurement,
  storedTensorError,
  valuesOf,
} from '../measurement';
import type { FixtureCheck } from './fixture-check';

/** "Losses: 1e-5 · max_abs" (fixtures/README.md §4). */
const RELATIVE = 1e-5;

/** The terms of the objective, their gradients, and Adam. */
export const losses: FixtureCheck = {
  items: /^losses$/,
  needsBackend: true,
  run(fixture) {
    // tf.tidy only types results that tensors can nest in.
    tf.engine().startScope();
    try {
      return [
        ...entropy(fixture),
        ...adversarial(fixture),
        ...distances(fixture),
        ...noise(fixture),
        ...adam(fixture),
      ];
    } finally {
      tf.engine().endScope();
    }
  },
};

const stored = (fixture: Fixture, name: string, found: tf.Tensor): Promise<Measurement> =>
  storedTensorError(fixture, name, found, RELATIVE);

/** PyTorch's channel order to tfjs's, and back for gradients. */
const toNhwc = (values: Float32Array, shape: [number, number, number, number]): tf.Tensor4D =>
  tf.transpose(tf.tensor4d(values, shape), [0, 2, 3, 1]);
const toNchw = (x: tf.Tensor): tf.Tensor => tf.transpose(x, [0, 3, 1, 2]);

const product = (sides: readonly number[]) => sides.reduce((all, side) => all * side, 1);

/** Sizes of inputs that are not stored stand in the note of what was computed from them. */
function sizesIn(fixture: Fixture, name: string, pattern: RegExp): number[] {
  const { note = '' } = fixture.info(name);
  const sizes = pattern.exec(note)?.[1]?.split(',').map(Number);
  if (sizes?.every((size) => Number.isInteger(size) && size > 0)) return sizes;
  throw new Error(`The note of "${name}" tells no sizes: ${JSON.stringify(note)}.`);
}

function entropy(fixture: Fixture): PendingMeasurement[] {
  const [batch, height, width] = fixture.shape('entropy_map') as [number, number, number];
  const shape = [batch, 3, height, width] as [number, number, number, number];
  const logits = toNhwc(fixture.hash('input:logits', product(shape), 6), shape);
  // Logits that are no hash: (60,-60,0),(1e4,0,-1e4) …
  const { note = '' } = fixture.info('entropy_extreme');
  const columns = [...note.matchAll(/\(([^)]+)\)/g)].map(([, column]) =>
    column!.split(',').map(Number),
  );
  const extreme = tf.tensor4d(columns.flat(), [1, columns.length, 1, 3]);
  const gradient = tf.grad((x) => entropyLoss(x as tf.Tensor4D))(logits);
  return [
    stored(fixture, 'entropy_map', entropyMap(logits)),
    stored(fixture, 'entropy_mean', entropyLoss(logits)),
    stored(fixture, 'entropy_grad_mean', toNchw(gradient)),
    stored(fixture, 'entropy_extreme', entropyMap(extreme)),
  ];
}

function adversarial(fixture: Fixture): PendingMeasurement[] {
  const logits = tf.tensor1d(fixture.floats('adv_logits'));
  // The loss is a mean over the batch, the reference a sum: one logit at a time is both.
  const each = tf.unstack(logits).map((logit) => compositionalLoss(logit));
  const gradient = tf.grad((x) => tf.mul(compositionalLoss(x), logits.size))(logits);
  return [
    stored(fixture, 'adv_softplus_neg', tf.stack(each)),
    stored(fixture, 'adv_grad', gradient),
    stored(fixture, 'adv_d_fake', softplus(logits)),
  ];
}

function distances(fixture: Fixture): PendingMeasurement[] {
  const shape = sizesIn(fixture, 'l2norm_mse', /\[([\d, ]+)\]/) as [number, number, number, number];
  const [a, b] = ['input:a', 'input:b'].map((key) =>
    toNhwc(fixture.hash(key, product(shape)), shape),
  ) as [tf.Tensor4D, tf.Tensor4D];
  const reference = fixture.floats('l2norm_mse');
  return (['norm', 'mean-square'] as const).map((reduction, i) =>
    valuesOf(distance(a, b, reduction)).then((found) =>
      maxError(`l2norm_mse (${reduction})`, found, [reference[i]!], RELATIVE * reference[i]!),
    ),
  );
}

function noise(fixture: Fixture): PendingMeasurement[] {
  const maps = sizesIn(fixture, 'noise_reg', /r=\[([\d, ]+)\]/).map((size, i) =>
    tf.tensor4d(fixture.hash(`noisereg:${i}`, size * size), [1, size, size, 1]),
  );
  const { value, grads } = tf.valueAndGrads((...x: tf.Tensor[]) =>
    noiseRegularization(x as tf.Tensor4D[]),
  )(maps);
  return [
    stored(fixture, 'noise_reg', value),
    ...grads.map((gradient, i) => stored(fixture, `noise_reg_grad_${i}`, gradient)),
    ...fixture.names
      .filter((name) => name.startsWith('noise_normalised_'))
      .map((name) => stored(fixture, name, normalizeNoise(maps[Number(name.split('_').at(-1))]!))),
  ];
}

function adam(fixture: Fixture): PendingMeasurement[] {
  const [count] = fixture.shape('adam_decay_only_delta') as [number];
  const start = fixture.hash('adam:x0', count, 2);
  const k = tf.tensor1d(fixture.hash('adam:k', count, 0.9, 1));
  const c = tf.tensor1d(fixture.hash('adam:c', count));
  const quadratic = tf.grad((x) => tf.mul(0.5, tf.sum(tf.mul(k, tf.square(tf.sub(x, c))))));
  const flat = tf.grad((x) => tf.mul(1e-9, tf.sum(x)));

  const trajectory = (
    gradient: (x: tf.Tensor) => tf.Tensor,
    learningRate: number,
    weightDecay: number,
    steps: number,
  ): tf.Tensor[] => {
    const optimizer = new Adam({ learningRate, weightDecay });
    let x: tf.Tensor = tf.tensor1d(start);
    const rows = Array.from({ length: steps }, () => {
      [x] = optimizer.step([x], [gradient(x)]) as [tf.Tensor];
      return x;
    });
    optimizer.dispose();
    return rows;
  };
  const positions = (rows: tf.Tensor[]) => valuesOf(tf.concat(rows));
  const deltas = async (rows: tf.Tensor[]) =>
    Array.from(await positions(rows), (value, i) => value - start[i % start.length]!);

  const measurements = fixture.names.flatMap((name) => {
    const match = /^adam_delta_lr([\d.e-]+)_wd([\d.e-]+)$/.exec(name);
    if (match === null) return [];
    const [steps] = fixture.shape(name) as [number, number];
    const rows = trajectory(quadratic, Number(match[1]), Number(match[2]), steps);
    const position = name.replace('delta_', '');
    // README §4: 2e-6 for lr 1e-4 and 1e-4 for lr 0.1; positions by the metadata's own rule.
    const tolerance = Number(match[1]) < 1e-3 ? 2e-6 : 1e-4;
    return [
      deltas(rows).then((found) => maxError(name, found, fixture.floats(name), tolerance)),
      positions(rows).then((found) =>
        maxError(
          position,
          found,
          fixture.floats(position),
          1e-6 * fixture.info(position).max_abs + 1e-7,
        ),
      ),
    ];
  });
  const [steps] = sizesIn(fixture, 'adam_decay_only_delta', /(\d+) steps/) as [number];
  const decayOnly = trajectory(flat, 1e-4, 5e-4, steps).slice(-1);
  return [
    ...measurements,
    deltas(decayOnly).then((found) =>
      maxError('adam_decay_only_delta', found, fixture.floats('adam_decay_only_delta'), 2e-6),
    ),
  ];
}
