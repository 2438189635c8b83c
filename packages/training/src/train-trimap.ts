import { createRandom, type Random } from '@latent-matte/core';
import { trimapFromAlpha } from '@latent-matte/core/ops';
import { FrozenLayers, type Layers, trimapNetwork } from '@latent-matte/models/internals';
import * as tf from '@tensorflow/tfjs-core';
import type { DataSet } from './data-set';
import { drawExample } from './sampler';
import { type TrainingOptions, train } from './trainer';

const SIZE = 256;
/** The trimap rule of the data (9 and 4 pixels at 512), at half the size. */
const OUTWARD = 4;
const INWARD = 2;

export interface TaskOptions extends TrainingOptions {
  readonly batch: number;
  /** Largest growth of the unknown region in the matting task, pixels. */
  readonly grow: number;
}

export interface TrainingData {
  readonly train: DataSet;
  readonly validation: DataSet;
}

/** Softmax cross-entropy against class shares of each output pixel (a 2×2 block of the trimap). */
export async function trainTrimap(data: TrainingData, options: TaskOptions): Promise<void> {
  const draw = (set: DataSet, random: Random, count: number) => {
    const images = new Float32Array(count * SIZE * SIZE * 3);
    const targets = new Float32Array(count * (SIZE / 2) ** 2 * 3);
    for (let n = 0; n < count; n++) {
      const example = drawExample(set, random, { size: SIZE, framing: 'portrait' });
      images.set(example.image, n * SIZE * SIZE * 3);
      const trimap = trimapFromAlpha(example.alpha, SIZE, SIZE, OUTWARD, INWARD);
      for (let y = 0; y < SIZE; y++) {
        for (let x = 0; x < SIZE; x++) {
          const cell = (n * SIZE * SIZE) / 4 + (y >> 1) * (SIZE / 2) + (x >> 1);
          targets[cell * 3 + trimap[y * SIZE + x]] += 0.25;
        }
      }
    }
    return {
      image: tf.tensor4d(images, [count, SIZE, SIZE, 3]),
      target: tf.tensor4d(targets, [count, SIZE / 2, SIZE / 2, 3]),
    };
  };
  type Batch = ReturnType<typeof draw>;

  const crossEntropy = (layers: Layers, { image, target }: Batch) => {
    const logits = trimapNetwork.run(layers, tf.sub(tf.mul(image, 2), 1));
    const terms = tf.mul(target, tf.logSoftmax(logits));
    return { logits, loss: tf.neg(tf.div(tf.sum(terms), target.size / 3)) as tf.Scalar };
  };

  await train<Batch>(
    {
      network: trimapNetwork,
      draw: (random) => draw(data.train, random, options.batch),
      loss: (layers, batch) => crossEntropy(layers, batch).loss,
      async validate(values) {
        const layers = new FrozenLayers(trimapNetwork.parameters, values);
        const random = createRandom(77);
        let loss = 0;
        const agree = [0, 0, 0];
        const total = [0, 0, 0];
        const rounds = 12;
        for (let i = 0; i < rounds; i++) {
          tf.tidy(() => {
            const batch = draw(data.validation, random, 4);
            const result = crossEntropy(layers, batch);
            loss += result.loss.dataSync()[0] / rounds;
            const predicted = tf.argMax(result.logits, 3).dataSync();
            const truth = tf.argMax(batch.target, 3).dataSync();
            for (let p = 0; p < truth.length; p++) {
              total[truth[p]]++;
              if (predicted[p] === truth[p]) agree[truth[p]]++;
            }
          });
        }
        layers.dispose();
        return {
          loss,
          background: agree[0] / total[0],
          unknown: agree[1] / total[1],
          foreground: agree[2] / total[2],
        };
      },
    },
    options,
  );
}
