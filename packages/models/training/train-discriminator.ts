import { createRandom, estimateMultiLevel, type Random } from '@latent-matte/core';
import * as tf from '@tensorflow/tfjs-core';
import { FrozenLayers, type Layers } from '../src/compact/layers';
import { discriminatorNetwork } from '../src/compact/networks';
import { corruptAlpha } from './corrupt-alpha';
import type { DataSet } from './data-set';
import { drawExample } from './sampler';
import type { TaskOptions, TrainingData } from './train-trimap';
import { train } from './trainer';

const SIZE = 256;

/**
 * Real: a portrait re-composited with its true matte. Fake: the same portrait re-composited with a damaged
 * matte. Both go through foreground estimation and get a new background, so that the matte is the only
 * difference. Loss: softplus(−D(real)) + softplus(D(fake)), per patch.
 */
export async function trainDiscriminator(data: TrainingData, options: TaskOptions): Promise<void> {
  const draw = (set: DataSet, random: Random, count: number) => {
    const pixels = SIZE * SIZE;
    const images = new Float32Array(2 * count * pixels * 3);
    for (let n = 0; n < count; n++) {
      const example = drawExample(set, random, { size: SIZE, framing: 'portrait', natural: 0.3 });
      const scene = drawExample(set, random, { size: SIZE, framing: 'portrait', natural: 0 });
      const background = scene.background as Float32Array;
      const damaged = corruptAlpha(example.alpha, SIZE, random);
      const compose = (alpha: Float32Array, at: number) => {
        const { foreground } = estimateMultiLevel(example.image, alpha, SIZE, SIZE);
        for (let p = 0; p < pixels; p++) {
          for (let c = 0; c < 3; c++) {
            const i = p * 3 + c;
            images[at * pixels * 3 + i] = alpha[p] * foreground[i] + (1 - alpha[p]) * background[i];
          }
        }
      };
      compose(example.alpha, n);
      compose(damaged, count + n);
    }
    return { image: tf.tensor4d(images, [2 * count, SIZE, SIZE, 3]) };
  };
  type Batch = ReturnType<typeof draw>;

  const scores = (layers: Layers, { image }: Batch) => {
    const logits = discriminatorNetwork.run(layers, tf.sub(tf.mul(image, 2), 1));
    const half = image.shape[0] / 2;
    return {
      real: tf.slice(logits, 0, half),
      fake: tf.slice(logits, half, half),
    };
  };

  await train<Batch>(
    {
      network: discriminatorNetwork,
      draw: (random) => draw(data.train, random, options.batch),
      loss(layers, batch) {
        const { real, fake } = scores(layers, batch);
        return tf.add(tf.mean(tf.softplus(tf.neg(real))), tf.mean(tf.softplus(fake))) as tf.Scalar;
      },
      async validate(values) {
        const layers = new FrozenLayers(discriminatorNetwork.parameters, values);
        const random = createRandom(79);
        const figures = { loss: 0, rightOrder: 0 };
        const rounds = 12;
        for (let i = 0; i < rounds; i++) {
          tf.tidy(() => {
            const { real, fake } = scores(layers, draw(data.validation, random, 4));
            const loss = tf.add(tf.mean(tf.softplus(tf.neg(real))), tf.mean(tf.softplus(fake)));
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
