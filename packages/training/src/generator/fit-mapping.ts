import type { Random } from '@latent-matte/core';
import { Adam } from '@latent-matte/core/ops';
import type { StyleGAN2GeneratorArchitecture } from '@latent-matte/models/internals';
import * as tf from '@tensorflow/tfjs-core';
import type { Values } from './synthesis';

const BATCH = 512;
const RANDOM_DIRECTIONS = 128;
const LEARNING_RATE = 1e-2;
/** What the stored weights of the mapping network are multiplied by at run time. */
const MULTIPLIER = 0.01;

/**
 * Fits the mapping network so that the codes of random z are spread like the encoder's codes of faces: sliced
 * Wasserstein distance along the axes and along random directions. Codes are vectors, so this takes seconds.
 *
 * @param codes `[n, styleSize]`
 * @returns `style.*` in the layout of a checkpoint, `latent_avg`, and the distance at the end
 */
export function fitMapping(
  codes: tf.Tensor2D,
  { mappingLayers, styleSize, latentSize }: StyleGAN2GeneratorArchitecture,
  stream: Random,
  steps: number,
): { values: Values; distance: number } {
  const variables: tf.Variable[] = [];
  for (let i = 1; i <= mappingLayers; i++) {
    const input = i === 1 ? latentSize : styleSize;
    const start = tf.tensor2d(stream.fork(`weight ${i}`).normals(styleSize * input), [
      styleSize,
      input,
    ]);
    variables.push(tf.variable(start), tf.variable(tf.zeros([styleSize])));
    start.dispose();
  }
  const map = (z: tf.Tensor2D) => {
    let w = tf.mul(z, tf.rsqrt(tf.add(tf.mean(tf.square(z), 1, true), 1e-8))) as tf.Tensor2D;
    for (let i = 0; i < mappingLayers; i++) {
      const weight = tf.mul(variables[2 * i], 1 / Math.sqrt(w.shape[1])) as tf.Tensor2D;
      const y = tf.add(tf.matMul(w, weight, false, true), variables[2 * i + 1]);
      w = tf.leakyRelu(tf.mul(y, Math.SQRT2) as tf.Tensor2D, 0.2);
    }
    return w;
  };
  const adam = new Adam({ learningRate: LEARNING_RATE, beta2: 0.99 });
  let distance = 0;
  for (let step = 0; step < steps; step++) {
    const drawn = stream.fork(`step ${step}`);
    adam.learningRate = LEARNING_RATE * Math.min(1, (2 * (steps - step)) / steps);
    tf.tidy(() => {
      const picks = Array.from({ length: BATCH }, () => drawn.integer(codes.shape[0]));
      const wanted = tf.gather<tf.Tensor2D>(codes, tf.tensor1d(picks, 'int32'));
      const random = drawn.normals(styleSize * RANDOM_DIRECTIONS);
      const oblique = unitColumns(tf.tensor2d(random, [styleSize, RANDOM_DIRECTIONS]));
      const directions = tf.concat([tf.eye(styleSize), oblique], 1) as tf.Tensor2D;
      const target = sortedColumns(tf.matMul<tf.Tensor2D>(wanted, directions));
      const z = tf.tensor2d(drawn.normals(BATCH * latentSize), [BATCH, latentSize]);
      const { value, grads } = tf.variableGrads(() => {
        const seen = tf.matMul<tf.Tensor2D>(map(z), directions);
        const goal = tf.tensor2d(atRanks(seen, target), seen.shape as [number, number]);
        return tf.mean(tf.squaredDifference(seen, goal)) as tf.Scalar;
      }, variables);
      const next = adam.step(
        variables as tf.Tensor[],
        variables.map(({ name }) => grads[name]),
      );
      variables.forEach((variable, i) => {
        variable.assign(next[i]);
      });
      distance = value.dataSync()[0];
    });
  }
  const values: Values = {};
  for (let i = 0; i < mappingLayers; i++) {
    for (const [kind, at] of [
      ['weight', 2 * i],
      ['bias', 2 * i + 1],
    ] as const) {
      const data = variables[at].dataSync() as Float32Array;
      values[`style.${i + 1}.${kind}`] = data.map((value) => value / MULTIPLIER);
    }
  }
  values.latent_avg = tf.tidy(() => {
    const z = tf.tensor2d(stream.fork('mean').normals(4096 * latentSize), [4096, latentSize]);
    return tf.mean(map(z), 0).dataSync() as Float32Array;
  });
  tf.dispose(variables);
  adam.dispose();
  return { values, distance };
}

const unitColumns = (x: tf.Tensor2D) => tf.div(x, tf.norm(x, 2, 0, true)) as tf.Tensor2D;

function columnsOf(x: tf.Tensor2D): Float32Array[] {
  const [n, count] = x.shape;
  const values = x.dataSync();
  return Array.from({ length: count }, (_, k) =>
    Float32Array.from({ length: n }, (_, i) => values[i * count + k]),
  );
}

const sortedColumns = (x: tf.Tensor2D): Float32Array[] =>
  columnsOf(x).map((column) => column.sort());

/** For each value the one of the same rank in the sorted target, column by column. */
function atRanks(x: tf.Tensor2D, target: readonly Float32Array[]): Float32Array {
  const [n, count] = x.shape;
  const goal = new Float32Array(n * count);
  columnsOf(x).forEach((column, k) => {
    const order = Uint32Array.from(column.keys()).sort((i, j) => column[i] - column[j]);
    order.forEach((row, rank) => {
      goal[row * count + k] = target[k][rank];
    });
  });
  return goal;
}
