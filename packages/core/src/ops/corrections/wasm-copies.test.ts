import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { installCorrections } from './install-corrections';

eachBackend(() => {
  it('reverses any axis, and several', () => {
    installCorrections();
    const shapes = [[7], [3, 4, 5, 2], [2, 3, 4, 40], [2, 0, 3]];
    for (const shape of shapes) {
      const size = shape.reduce((a, b) => a * b, 1);
      for (const dtype of ['float32', 'int32', 'bool'] as const) {
        const values = Array.from({ length: size }, (_, i) => (dtype === 'bool' ? i % 3 === 0 : i));
        tf.tidy(() => {
          const x = tf.tensor(values as number[], shape, dtype);
          const plain = [...x.dataSync()];
          for (const axes of [...shape.keys()].map((axis) => [axis]).concat([[...shape.keys()]])) {
            const found = [...tf.reverse(x, axes).dataSync()];
            const expected = plain.map((_, at) => plain[mirrored(at, shape, axes)]);
            expect(found).toEqual(expected);
          }
        });
      }
    }
  });

  it('clones what outlives its original, and frees both', () => {
    installCorrections();
    const before = tf.memory();
    const x = tf.tensor1d([1, 2, 3]);
    const [a, b] = [tf.clone(x), tf.clone(x)];
    x.dispose();
    a.dispose();
    const other = tf.tensor1d([7, 8, 9]);
    expect([...b.dataSync()]).toEqual([1, 2, 3]);
    tf.dispose([b, other]);
    expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers);
    expect(tf.memory().numTensors).toBe(before.numTensors);
  });
});

/** The place in the original of the value at a place of the result. */
function mirrored(at: number, shape: readonly number[], axes: readonly number[]): number {
  let rest = at;
  const index = [...shape].reverse().map((side) => {
    const place = rest % side;
    rest = Math.floor(rest / side);
    return place;
  });
  return index.reverse().reduce((sum, place, axis) => {
    const side = shape[axis]!;
    return sum * side + (axes.includes(axis) ? side - 1 - place : place);
  }, 0);
}
