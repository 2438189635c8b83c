import { convolution, depthwiseConvolution, resize } from '@latent-matte/backend-node';
import * as tf from '@tensorflow/tfjs-core';
import type { Bench, CompareLabels, Section } from '../section';

type Op = (x: tf.Tensor4D) => tf.Tensor;

/** Forward alone, and with the gradient of its sum. */
async function both(
  bench: Bench,
  name: string,
  x: tf.Tensor4D,
  ours: Op,
  stock: Op,
  labels?: CompareLabels,
): Promise<void> {
  const gradient = (f: Op) => () => tf.grad((y) => tf.sum(f(y as tf.Tensor4D)))(x);
  await bench.compare(
    `${name} forward`,
    () => ours(x),
    () => stock(x),
  );
  await bench.compare(`${name} forward+backward`, gradient(ours), gradient(stock), labels);
}

const noise = <T extends tf.Tensor>(shape: number[], deviation = 1): T =>
  tf.randomNormal(shape, 0, deviation, 'float32', shape.length) as T;

export const ops: Section = {
  name: 'ops',
  title: 'each op against the stock tfjs op (ours, stock, ratio)',
  async run(bench) {
    for (const [side, channels, kernel] of [
      [128, 48, 1],
      [64, 64, 3],
      [128, 64, 3],
    ]) {
      const x = noise<tf.Tensor4D>([1, side, side, channels]);
      const filter = noise<tf.Tensor4D>([kernel, kernel, channels, channels], 0.1);
      await both(
        bench,
        `${kernel}×${kernel} convolution ${side}² ${channels}→${channels}`,
        x,
        (y) => convolution(y, { filter }),
        (y) => tf.conv2d(y, filter, 1, 'same'),
        { goal: kernel === 3 && side === 128 && bench.backend.device === 'wasm' ? 5 : 1 },
      );
      tf.dispose([x, filter]);
    }
    {
      const x = noise<tf.Tensor4D>([1, 128, 128, 48]);
      const filter = noise<tf.Tensor4D>([3, 3, 48, 1], 0.1);
      await both(
        bench,
        '3×3 depthwise 128² 48',
        x,
        (y) => depthwiseConvolution(y, { filter }),
        (y) => tf.depthwiseConv2d(y, filter, 1, 'same'),
      );
      tf.dispose([x, filter]);
    }
    {
      const x = noise<tf.Tensor4D>([1, 512, 512, 3]);
      await both(
        bench,
        'bilinear 512² → 256², 3 channels',
        x,
        (y) => resize(y, [256, 256]),
        (y) => tf.image.resizeBilinear(y, [256, 256], false, true),
        { note: 'the stock gradient is wrong' },
      );
      x.dispose();
    }
  },
};
