import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { type QuarterTurns, quarterTurned, turnsBack } from './quarter-turn';

eachBackend(() => {
  it.each<[QuarterTurns, number[][]]>([
    [
      0,
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
    ],
    [
      1,
      [
        [4, 1],
        [5, 2],
        [6, 3],
      ],
    ],
    [
      2,
      [
        [6, 5, 4],
        [3, 2, 1],
      ],
    ],
    [
      3,
      [
        [3, 6],
        [2, 5],
        [1, 4],
      ],
    ],
  ])('%i quarters clockwise', async (turns, rows) => {
    const x = tf.tensor4d([1, 2, 3, 4, 5, 6], [1, 2, 3, 1]);
    const turned = quarterTurned(x, turns);
    expect(turned.shape).toEqual([1, rows.length, rows[0]!.length, 1]);
    expect(Array.from(await turned.data())).toEqual(rows.flat());
    const back = quarterTurned(turned, turnsBack(turns));
    expect(await back.data()).toEqual(await x.data());
    tf.dispose([turned, back]);
    expect(x.isDisposed).toBe(false);
    x.dispose();
  });
});
