import * as tf from '@tensorflow/tfjs-core';
import type { Bench, Section } from '../section';
import { withStockGradients } from '../stock';
import { cases } from './op-cases';

type Op = (x: tf.Tensor4D) => tf.Tensor;

/** Forward alone, and with the gradient of its sum. */
async function both(
  bench: Bench,
  name: string,
  x: tf.Tensor4D,
  ours: Op,
  stock: Op,
  note?: string,
  goal = 1,
): Promise<void> {
  const gradient = (f: Op) => tf.grad((y) => tf.sum(f(y as tf.Tensor4D)))(x);
  await bench.compare(
    `${name} forward`,
    () => ours(x),
    () => stock(x),
    { goal: 0.95, note: undefined },
  );
  await bench.compare(
    `${name} forward+backward`,
    () => gradient(ours),
    () => withStockGradients(() => gradient(stock)),
    { goal: goal === 1 ? 0.95 : goal, note },
  );
}

export const ops: Section = {
  name: 'ops',
  title: 'each op against the stock tfjs op: ours, stock, ratio',
  async run(bench) {
    // SwiftShader and plain JavaScript would take minutes.
    const slow = bench.backend.device === 'cpu' || /swiftshader/i.test(bench.backend.description);
    for (const one of cases) {
      const [side, channels] = slow
        ? [one.side >> 2, Math.min(16, one.channels)]
        : [one.side, one.channels];
      const x: tf.Tensor4D = tf.randomNormal([1, side, side, channels], 0, 1, 'float32', 1);
      const { ours, stock, dispose } = one.make(side, channels);
      const name = `${one.name} ${side}², ${channels} channels`;
      const goal = bench.backend.device === 'wasm' && !slow ? one.wasmGoal : undefined;
      await both(bench, name, x, ours, stock, one.note, goal);
      tf.dispose([x, ...dispose]);
    }
  },
};
