import { expect, it } from 'vitest';
import { NearestStep } from './nearest-step';

const offered = (...distances: [number, number][]) => {
  const nearest = new NearestStep();
  return distances.map((both) => nearest.offer(both));
};

it('is the one with the least mean of both distances', () => {
  expect(offered([4, 4], [3, 4], [2, 8], [1, 4], [2, 3])).toEqual([
    { criterion: 4, best: true },
    { criterion: 3.5, best: true },
    { criterion: 5, best: false },
    { criterion: 2.5, best: true },
    { criterion: 2.5, best: false },
  ]);
});

it('is not one at which the portrait pays for its mirror image', () => {
  const best = offered([4, 8], [5, 1], [4, 1], [3.9, 7.5], [3.9, 7]).map((step) => step.best);
  expect(best).toEqual([true, false, false, true, true]);
});

it('is the photograph where nothing came nearer by 2 %', () => {
  expect(offered([4, 4], [3.97, 3.95], [3.95, 3.88])).toEqual([
    { criterion: 4, best: true },
    { criterion: 3.96, best: false },
    { criterion: 3.915, best: true },
  ]);
});

it('is none at which a witness is much farther than on the photograph, and counts them in the mean', () => {
  const nearest = new NearestStep();
  const offers: [[number, number], number[]][] = [
    [
      [4, 4],
      [4, 1],
    ],
    [
      [2, 2],
      [4.11, 0.5],
    ],
    [
      [2, 2],
      [2, 1],
    ],
    [
      [2, 2],
      [4, 0.9],
    ],
  ];
  expect(offers.map((offer) => nearest.offer(...offer))).toEqual([
    { criterion: 3, best: true },
    { criterion: (2 + 4.11 + 0.5) / 3, best: false },
    { criterion: 5 / 3, best: true },
    { criterion: (2 + 4 + 0.9) / 3, best: false },
  ]);
});

it('may be one at which a witness that was next to the target is farther by a twentieth of what there is to gain', () => {
  const nearest = new NearestStep();
  nearest.offer([4, 4], [0]);
  expect(nearest.offer([2, 2], [0.201]).best).toBe(false);
  expect(nearest.offer([2, 2], [0.199]).best).toBe(true);
});

it('allows less to a witness that knows less', () => {
  const nearest = new NearestStep();
  nearest.offer([4, 4], [12]);
  expect(nearest.offer([2, 2], [12.051]).best).toBe(false);
  expect(nearest.offer([2, 2], [12.049]).best).toBe(true);
});

it('is any nearer one where nothing was gained by following a gradient', () => {
  const nearest = new NearestStep(0);
  expect(nearest.offer([4, 4]).best).toBe(true);
  expect(nearest.offer([3.99, 4]).best).toBe(true);
  expect(nearest.offer([4, 3]).best).toBe(false);
});
