import { createRandom, type Random } from '@latent-matte/core';
import { estimateMultiLevel } from '@latent-matte/core/ops';
import { discriminatorNetwork, FrozenLayers, type Layers } from '@latent-matte/models/internals';
import * as tf from '@tensorflow/tfjs-core';
import { corruptAlpha } from './corrupt-alpha';
import type { DataSet } from './data-set';
import { drawExample } from './sampler';
import type { TaskOptions, TrainingData } from './train-trimap';
import { train } from './trainer';

const SIZE = 256;
/** Side of the patch that one output of the network judges. */
const PATCH = 16;
/** Weight of patches in which the mattes do not differ: they hold no evidence, and should score about 0. */
const IDLE_WEIGHT = 0.02;
/** Largest difference of alpha within a patch from which on the patch counts in full. */
const VISIBLE = 0.05;
/** Share of fakes whose matte is the mistake of a network, where such are at hand; the others are damaged by hand. */
const PREDICTED = 0.6;

/**
 * Real: a portrait re-composited with its true matte. Fake: the same portrait re-composited with a wrong
 * matte (damaged by hand, or what a network made of it), on the same new background. Loss: softplus(−D(real)) + softplus(D(fake)), per patch, over the patches where the mattes differ:
 * over all patches the loss stays at chance level, since most of them are the same in both.
 */
export async function trainDiscriminator(data: TrainingData, options: TaskOptions): Promise<void> {
  const draw = (set: DataSet, random: Random, count: number) => {
    const pixels = SIZE * SIZE;
    const images = new Float32Array(2 * count * pixels * 3);
    const side = SIZE / PATCH;
    const weights = new Float32Array(count * side * side).fill(IDLE_WEIGHT);
    for (let n = 0; n < count; n++) {
      const example = drawExample(set, random, { size: SIZE, framing: 'portrait', natural: 0.3 });
      const scene = drawExample(set, random, { size: SIZE, framing: 'portrait', natural: 0 });
      const background = scene.background as Float32Array;
      const mistake = random.uniform() < PREDICTED ? example.predicted : undefined;
      const wrong = mistake ?? corruptAlpha(example.alpha, SIZE, random);
      for (let p = 0; p < pixels; p++) {
        if (Math.abs(wrong[p] - example.alpha[p]) < VISIBLE) continue;
        const row = Math.floor(p / SIZE / PATCH);
        weights[(n * side + row) * side + Math.floor((p % SIZE) / PATCH)] = 1;
      }
      // Half of the fakes keep the colours of the old background, which shows as a fringe: the first thing to
      // learn, and what a matte that is too wide does.
      const fringe = random.uniform() < 0.5;
      const compose = (alpha: Float32Array, at: number) => {
        const keepsImage = fringe && alpha === wrong;
        const foreground = keepsImage
          ? example.image
          : estimateMultiLevel(example.image, alpha, SIZE, SIZE).foreground;
        for (let p = 0; p < pixels; p++) {
          for (let c = 0; c < 3; c++) {
            const i = p * 3 + c;
            images[at * pixels * 3 + i] = alpha[p] * foreground[i] + (1 - alpha[p]) * background[i];
          }
        }
      };
      compose(example.alpha, n);
      compose(wrong, count + n);
    }
    return {
      image: tf.tensor4d(images, [2 * count, SIZE, SIZE, 3]),
      weight: tf.tensor4d(weights, [count, side, side, 1]),
    };
  };
  type Batch = ReturnType<typeof draw>;

  const judge = (layers: Layers, { image, weight }: Batch) => {
    const logits = discriminatorNetwork.run(layers, tf.sub(tf.mul(image, 2), 1));
    const half = image.shape[0] / 2;
    const real = tf.slice(logits, 0, half);
    const fake = tf.slice(logits, half, half);
    const terms = tf.add(tf.softplus(tf.neg(real)), tf.softplus(fake));
    const loss = tf.div(tf.sum(tf.mul(terms, weight)), tf.sum(weight)) as tf.Scalar;
    return { real, fake, loss };
  };

  await train<Batch>(
    {
      network: discriminatorNetwork,
      draw: (random) => draw(data.train, random, options.batch),
      loss: (layers, batch) => judge(layers, batch).loss,
      async validate(values) {
        const layers = new FrozenLayers(discriminatorNetwork.parameters, values);
        const random = createRandom(79);
        const figures = { loss: 0, rightOrder: 0 };
        const rounds = 12;
        for (let i = 0; i < rounds; i++) {
          tf.tidy(() => {
            const { real, fake, loss } = judge(layers, draw(data.validation, random, 4));
            figures.loss += loss.dataSync()[0] / rounds;
            const better = tf.greater(tf.mean(real, [1, 2, 3]), tf.mean(fake, [1, 2, 3]));
            figures.rightOrder += tf.mean(tf.cast(better, 'float32')).dataSync()[0] / rounds;
          });
        }
        layers.dispose();
        return figures;
      },
    },
    options,
  );
}
