import { expect, it } from 'vitest';
import { nearEdges } from './near-edges';

it('is where something sure lies within reach on both sides', () => {
  // Background, an edge of three, the person, and hesitation without an end.
  const row = [0, 0, 0, 0, 0.2, 0.5, 0.8, 1, 1, 1, 1, 0.6, 0.6, 0.6, 0.6];
  const found = nearEdges([...row, ...row], row.length, 2, 3);
  const wanted = row.map((_, x) => Number(x >= 4 && x <= 6));
  expect([...found]).toEqual([...wanted, ...wanted]);
});

it('is nowhere in a matte that is sure of one thing alone, or of none', () => {
  for (const value of [0, 0.5, 1]) {
    expect([...nearEdges(new Array(12).fill(value), 4, 3, 2)]).toEqual(new Array(12).fill(0));
  }
});
