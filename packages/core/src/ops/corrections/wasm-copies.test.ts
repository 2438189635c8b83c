import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { createRandom } from '../../random';
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

  it('cuts any part out of any rank', () => {
    installCorrections();
    const shapes = [
      [7],
      [5, 9],
      [3, 4, 5],
      [2, 3, 4, 5],
      [1, 6, 5, 40],
      [2, 2, 3, 2, 3],
      [2, 0, 3],
    ];
    const random = createRandom(8);
    for (const shape of shapes) {
      const length = shape.reduce((a, b) => a * b, 1);
      for (const dtype of ['float32', 'int32', 'bool'] as const) {
        const values = Array.from({ length }, (_, i) => (dtype === 'bool' ? i % 3 === 0 : i));
        for (let round = 0; round < 12; round++) {
          const begin = shape.map((side) => random.integer(side + 1));
          // Now and then all that is left, which -1 says too.
          const size = shape.map((side, i) => {
            const left = side - begin[i]!;
            return random.integer(3) === 0 ? (left > 0 ? -1 : 0) : random.integer(left + 1);
          });
          tf.tidy(() => {
            const x = tf.tensor(values as number[], shape, dtype);
            const plain = [...x.dataSync()];
            const found = tf.slice(x, begin, size);
            const sides = shape.map((side, i) => (size[i] === -1 ? side - begin[i]! : size[i]!));
            expect(found.shape).toEqual(sides);
            expect([...found.dataSync()]).toEqual(partOf(plain, shape, begin, sides));
            expect([...x.dataSync()]).toEqual(plain);
          });
        }
      }
    }
  });

  it('splits along any axis', () => {
    installCorrections();
    tf.tidy(() => {
      const x = tf.reshape(tf.range(0, 4 * 6 * 40), [4, 6, 40]);
      const plain = [...x.dataSync()];
      for (const [axis, sizes] of [
        [0, 2],
        [1, [1, 3, 2]],
        [2, 5],
        [-1, [32, 8]],
      ] as const) {
        const at = [0, 0, 0];
        for (const found of tf.split(x, sizes as number | number[], axis)) {
          expect([...found.dataSync()]).toEqual(partOf(plain, x.shape, at, found.shape));
          at[(axis + 3) % 3]! += found.shape.at(axis)!;
        }
      }
    });
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

/** The values of a part, place by place. */
function partOf(
  values: readonly number[],
  shape: readonly number[],
  begin: readonly number[],
  size: readonly number[],
): number[] {
  const [side, ...behind] = shape;
  if (side === undefined) return [...values];
  const length = behind.reduce((a, b) => a * b, 1);
  return Array.from({ length: size[0]! }, (_, i) => begin[0]! + i).flatMap((at) =>
    partOf(values.slice(at * length, (at + 1) * length), behind, begin.slice(1), size.slice(1)),
  );
}

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
