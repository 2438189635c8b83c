import { checkGradient, checkLeaks } from '@latent-matte/core/testing';
import { everyBackend } from '@latent-matte/test-kit/every-backend';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { cellSide, contextualAttention } from './contextual-attention';

type Shape = [number, number, number, number];

const random = (shape: Shape, seed: number) =>
  tf.randomUniform<tf.Rank.R4>(shape, -1, 1, 'float32', seed);

/** 1 left of the column. */
const seenUpTo = (column: number, [n, height, width]: Shape) =>
  tf.tidy(() =>
    tf.concat([tf.ones([n, height, column, 1]), tf.zeros([n, height, width - column, 1])], 2),
  ) as tf.Tensor4D;

/** The definition, with patches cut out one by one; sides that are whole cells. */
async function byDefinition(x: tf.Tensor4D, seen: tf.Tensor4D, side: number): Promise<number[]> {
  const [, height, width, channels] = x.shape;
  const [rows, columns] = [height / side, width / side];
  const values = await x.data();
  const open = await seen.data();
  const feature = (y: number, x: number, c: number) => values[(y * width + x) * channels + c];
  const inside = ([y, x]: Place) => y >= 0 && x >= 0 && y < rows && x < columns;
  type Place = readonly [number, number];
  const places: Place[] = [];
  for (let y = 0; y < rows; y++) for (let x = 0; x < columns; x++) places.push([y, x]);
  const offsets: Place[] = [-1, 0, 1].flatMap((y) => [-1, 0, 1].map((x): Place => [y, x]));
  const plus = (p: Place, o: Place): Place => [p[0] + o[0], p[1] + o[1]];
  const within = ([y, x]: Place) =>
    Array.from(
      { length: side * side },
      (_, i): Place => [y * side + Math.floor(i / side), x * side + (i % side)],
    );
  const patch = (p: Place) =>
    offsets.flatMap((o) => {
      const place = plus(p, o);
      return Array.from({ length: channels }, (_, c) =>
        inside(place)
          ? within(place).reduce((sum, [y, x]) => sum + feature(y, x, c), 0) / side ** 2
          : 0,
      );
    });
  const dot = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + value * b[i], 0);
  const cosine = (p: Place, q: Place) => {
    if (!inside(p) || !inside(q)) return 0;
    const [a, b] = [patch(p), patch(q)];
    return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
  };
  const usable = places.filter((q) =>
    offsets.every((o) => {
      const place = plus(q, o);
      return !inside(place) || within(place).every(([y, x]) => open[y * width + x] === 1);
    }),
  );
  const attention = (p: Place) => {
    const scores = usable.map((q) =>
      Math.exp(10 * offsets.reduce((sum, o) => sum + cosine(plus(p, o), plus(q, o)), 0)),
    );
    const total = scores.reduce((a, b) => a + b, 0);
    return scores.map((score) => score / total);
  };
  const result = new Array<number>(values.length).fill(0);
  const counts = new Array<number>(places.length).fill(0);
  for (const p of places) {
    for (const o of offsets)
      if (inside(plus(p, o))) counts[plus(p, o)[0] * columns + plus(p, o)[1]]++;
    const weights = attention(p);
    for (const o of offsets) {
      const to = plus(p, o);
      if (!inside(to)) continue;
      usable.forEach((q, i) => {
        const from = plus(q, o);
        if (!inside(from)) return;
        const source = within(from);
        within(to).forEach(([y, x], k) => {
          for (let c = 0; c < channels; c++) {
            result[(y * width + x) * channels + c] += weights[i] * feature(...source[k], c);
          }
        });
      });
    }
  }
  return result.map((value, i) => {
    const pixel = Math.floor(i / channels);
    const [y, x] = [Math.floor(pixel / width), pixel % width];
    return value / counts[Math.floor(y / side) * columns + Math.floor(x / side)];
  });
}

everyBackend(() => {
  for (const side of [1, 2]) {
    it(`is what the definition says, cells of ${side}`, async () => {
      const shape: Shape = [1, 4 * side, 6 * side, 2];
      const [x, seen] = [random(shape, side), seenUpTo(3 * side, shape)];
      const y = contextualAttention(x, seen, side);
      const expected = await byDefinition(x, seen, side);
      (await y.data()).forEach((value, i) => {
        expect(value).toBeCloseTo(expected[i], 4);
      });
      tf.dispose([x, seen, y]);
    });
  }

  it('continues a pattern where it is hidden', async () => {
    // Stripes that repeat every 4 columns: what is hidden has copies among what is seen.
    const columns = tf.tensor4d(
      Array.from({ length: 24 }, (_, x) => [x % 4 < 2 ? 1 : -1, x % 4 === 1 ? 1 : 0.2]).flat(),
      [1, 1, 24, 2],
    );
    const x = tf.tile(columns, [1, 12, 1, 1]);
    const seen = seenUpTo(16, [1, 12, 24, 1]);
    const y = contextualAttention(x, seen, 1);
    const [was, is] = [await x.data(), await y.data()];
    // Apart from the last columns, whose patches reach beyond the map.
    for (let i = 0; i < is.length; i++) {
      if (Math.floor(i / 2) % 24 < 20) expect(is[i]).toBeCloseTo(was[i], 1);
    }
    tf.dispose([columns, x, seen, y]);
  });

  it('gives zeros where no whole patch is seen', async () => {
    const x = random([1, 8, 8, 2], 1);
    const [none, little] = [tf.zeros([1, 8, 8, 1]), seenUpTo(1, [1, 8, 8, 1])] as tf.Tensor4D[];
    for (const seen of [none, little]) {
      const y = contextualAttention(x, seen, 2);
      expect(Math.max(...(await y.data()).map(Math.abs))).toBe(0);
      y.dispose();
    }
    tf.dispose([x, none, little]);
  });

  it('takes sides that are no whole cells, and each picture of a batch by itself', async () => {
    const shape: Shape = [2, 7, 9, 3];
    const [x, seen] = [random(shape, 4), seenUpTo(6, shape)];
    const both = contextualAttention(x, seen, 2);
    expect(both.shape).toEqual(shape);
    const second = tf.tidy(() =>
      contextualAttention(tf.slice(x, [1, 0, 0, 0]), tf.slice(seen, [1, 0, 0, 0]), 2),
    );
    const half = both.size / 2;
    const values = await both.data();
    (await second.data()).forEach((value, i) => {
      expect(value).toBeCloseTo(values[half + i], 5);
    });
    tf.dispose([x, seen, both, second]);
  });

  it('has the right gradient, and keeps nothing', async () => {
    const { leaked, error } = await checkLeaks(async () => {
      const shape: Shape = [2, 6, 8, 3];
      const [x, seen, weights] = [random(shape, 5), seenUpTo(5, shape), random(shape, 6)];
      const run = (x: tf.Tensor) =>
        tf.sum(tf.mul(contextualAttention(x as tf.Tensor4D, seen, 2), weights)) as tf.Scalar;
      const { relativeError } = await checkGradient(run, [x], { epsilon: 3e-3 });
      expect(relativeError).toBeLessThan(2e-3);
      tf.dispose([x, seen, weights]);
    });
    if (error !== undefined) throw error;
    expect(leaked).toBe(0);
  });
});

describe('cells of contextual attention', () => {
  it('are of two features, until there would be too many', () => {
    expect(cellSide(64, 64)).toBe(2);
    expect(cellSide(96, 96)).toBe(2);
    expect(cellSide(128, 128)).toBe(4);
    expect(cellSide(512, 512)).toBe(16);
    expect(cellSide(512, 8)).toBe(2);
  });
});
