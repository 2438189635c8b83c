import { createRandom, type Random } from '@latent-matte/core';
import { trimapFromAlpha } from '@latent-matte/core/ops';
import { FrozenLayers, type Layers, mattingNetwork } from '@latent-matte/models/internals';
import * as tf from '@tensorflow/tfjs-core';
import type { DataSet } from './data-set';
import { drawExample } from './sampler';
import type { TaskOptions, TrainingData } from './train-trimap';
import { train } from './trainer';

/** Side of a crop: the network is local, and the trimap tells it where it is. */
const SIZE = 192;

/**
 * Loss over the unknown region: L1 on alpha, L1 on its gradient (hair), and L1 on the re-composed image
 * where the layers are known (Xu et al., "Deep Image Matting", CVPR 2017, Eq. 1 and 2).
 */
export async function trainMatting(data: TrainingData, options: TaskOptions): Promise<void> {
  const draw = (set: DataSet, random: Random, count: number) => {
    const pixels = SIZE * SIZE;
    const images = new Float32Array(count * pixels * 3);
    const contrasts = new Float32Array(count * pixels * 3);
    const alphas = new Float32Array(count * pixels);
    const trimaps = new Float32Array(count * pixels * 3);
    for (let n = 0; n < count; n++) {
      const example = drawExample(set, random, { size: SIZE, framing: 'detail', natural: 0.15 });
      images.set(example.image, n * pixels * 3);
      alphas.set(example.alpha, n * pixels);
      const trimap = trimapFromAlpha(
        example.alpha,
        SIZE,
        SIZE,
        1 + random.integer(options.grow),
        1 + random.integer(Math.ceil(options.grow * 0.65)),
      );
      for (let p = 0; p < pixels; p++) {
        trimaps[(n * pixels + p) * 3 + trimap[p]] = 1;
        if (example.background === undefined) continue;
        for (let c = 0; c < 3; c++) {
          const i = p * 3 + c;
          contrasts[n * pixels * 3 + i] = example.foreground[i] - example.background[i];
        }
      }
    }
    return {
      image: tf.tensor4d(images, [count, SIZE, SIZE, 3]),
      trimap: tf.tensor4d(trimaps, [count, SIZE, SIZE, 3]),
      alpha: tf.tensor4d(alphas, [count, SIZE, SIZE, 1]),
      contrast: tf.tensor4d(contrasts, [count, SIZE, SIZE, 3]),
    };
  };
  type Batch = ReturnType<typeof draw>;

  const losses = (layers: Layers, { image, trimap, alpha, contrast }: Batch) => {
    const [, unknown, foreground] = tf.split(trimap, 3, 3);
    const raw = tf.sigmoid(mattingNetwork.run(layers, tf.sub(tf.mul(image, 2), 1), trimap));
    const predicted = tf.add(tf.mul(raw, unknown), foreground) as tf.Tensor4D;
    const error = tf.sub(predicted, alpha) as tf.Tensor4D;
    const area = tf.add(tf.sum(unknown), 1);
    const alphaLoss = tf.div(tf.sum(tf.mul(tf.abs(error), unknown)), area);
    const [n, h, w] = error.shape;
    const dx = tf.sub(
      tf.slice(error, [0, 0, 1, 0], [n, h, w - 1, 1]),
      tf.slice(error, [0, 0, 0, 0], [n, h, w - 1, 1]),
    );
    const dy = tf.sub(
      tf.slice(error, [0, 1, 0, 0], [n, h - 1, w, 1]),
      tf.slice(error, [0, 0, 0, 0], [n, h - 1, w, 1]),
    );
    const gradientLoss = tf.div(tf.add(tf.sum(tf.abs(dx)), tf.sum(tf.abs(dy))), area);
    // α F + (1 − α) B − I = (α − α*) (F − B)
    const composition = tf.div(
      tf.sum(tf.mul(tf.abs(tf.mul(error, contrast)), unknown)),
      tf.mul(area, 3),
    );
    return { alphaLoss, gradientLoss, composition, error, unknown, area };
  };

  await train<Batch>(
    {
      network: mattingNetwork,
      draw: (random) => draw(data.train, random, options.batch),
      loss(layers, batch) {
        const { alphaLoss, gradientLoss, composition } = losses(layers, batch);
        return tf.addN([alphaLoss, gradientLoss, composition]) as tf.Scalar;
      },
      async validate(values) {
        const layers = new FrozenLayers(mattingNetwork.parameters, values);
        const random = createRandom(78);
        const rounds = 12;
        const figures = { alpha: 0, gradient: 0, squared: 0 };
        for (let i = 0; i < rounds; i++) {
          tf.tidy(() => {
            const r = losses(layers, draw(data.validation, random, 4));
            figures.alpha += r.alphaLoss.dataSync()[0] / rounds;
            figures.gradient += r.gradientLoss.dataSync()[0] / rounds;
            const squared = tf.div(tf.sum(tf.mul(tf.square(r.error), r.unknown)), r.area);
            figures.squared += squared.dataSync()[0] / rounds;
          });
        }
        layers.dispose();
        return figures;
      },
    },
    options,
  );
}
