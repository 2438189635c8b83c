import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { checkLeaks } from '../testing';
import { customGradient } from './custom-gradient';
import { gradientsOf } from './gradients-of';
import { pullBack } from './pull-back';

const SIZE = 1000;
const LAYERS = 40;

/** Bytes of tensors at the worst moment. */
function peakOf(run: () => void): number {
  const engine = tf.engine();
  const before = engine.state.numBytes;
  const track = engine.trackTensor;
  let peak = before;
  engine.trackTensor = (...args) => {
    track.apply(engine, args);
    peak = Math.max(peak, engine.state.numBytes);
  };
  try {
    run();
    return peak - before;
  } finally {
    engine.trackTensor = track;
  }
}

/** x · 1.01, a gradient that leaves ten tensors behind. */
const layer = (x: tf.Tensor) =>
  customGradient(
    [x],
    (x) => ({ value: tf.mul(x, 1.01), saved: [x] }),
    (dy) => {
      for (let i = 0; i < 10; i++) tf.add(dy, i);
      return tf.mul(dy, 1.01);
    },
  );

eachBackend(() => {
  it('keeps what the forward pass saved, and of the way back a few tensors', () => {
    const x = tf.ones([SIZE]);
    const network = (x: tf.Tensor) => {
      let y = x;
      for (let i = 0; i < LAYERS; i++) y = layer(y);
      return tf.sum(y) as tf.Scalar;
    };
    const peak = peakOf(() => {
      const [gradient] = gradientsOf(network, [x]);
      expect(gradient.dataSync()[SIZE - 1]).toBeCloseTo(1.01 ** LAYERS, 4);
      gradient.dispose();
    });
    // Of the forward pass two tensors a layer. tfjs alone adds another, and the ten that the gradient leaves behind.
    expect(peak).toBeLessThan(4 * SIZE * (2 * LAYERS + 25));
    x.dispose();
  });

  it('frees nothing that a gradient hands on', async () => {
    const same = (x: tf.Tensor) =>
      customGradient(
        [x],
        (x) => ({ value: tf.clone(x) }),
        (dy) => dy,
      );
    const kept = (x: tf.Tensor) =>
      customGradient(
        [x],
        (x) => ({ value: tf.mul(x, 3), saved: [tf.fill(x.shape, 3)] }),
        (_, [slope]) => slope,
      );
    const both = (x: tf.Tensor, y: tf.Tensor) =>
      customGradient(
        [x, y],
        (x, y) => ({ value: tf.add(x, y) }),
        (dy) => {
          const one = tf.mul(dy, 2);
          return [one, one];
        },
      );
    const { leaked, error } = await checkLeaks(() => {
      const inputs = [tf.tensor1d([1, 2]), tf.tensor1d([3, 4])];
      const gradients = gradientsOf(
        (x, y) => tf.sum(both(same(kept(x)), same(same(y)))) as tf.Scalar,
        inputs,
      );
      expect(gradients.map((each) => [...each.dataSync()])).toEqual([
        [3, 3],
        [2, 2],
      ]);
      const slope = tf.tensor1d([5, 7]);
      const [pulled] = pullBack(([x]) => [same(layer(x))], [inputs[0]], [slope]);
      expect(pulled!.dataSync()[1]).toBeCloseTo(7.07, 4);
      expect(slope.isDisposed).toBe(false);
      tf.dispose([inputs, gradients, slope, pulled!]);
    });
    if (error !== undefined) throw error;
    expect(leaked).toBe(0);
  });
});
