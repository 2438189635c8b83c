import { describe, expect, it } from 'vitest';
import { createRandom } from '../random';
import { colorDifference, mostSquaredDifference } from './color-difference';
import { keptLabs, type Lab, labOfLevels, labPlace } from './lab-color';

/** Table 1 of Sharma, Wu, Dalal (2005): L, a, b of both colours, and their difference. */
const published = [
  [50, 2.6772, -79.7751, 50, 0, -82.7485, 2.0425],
  [50, 3.1571, -77.2803, 50, 0, -82.7485, 2.8615],
  [50, 2.8361, -74.02, 50, 0, -82.7485, 3.4412],
  [50, -1.3802, -84.2814, 50, 0, -82.7485, 1],
  [50, -1.1848, -84.8006, 50, 0, -82.7485, 1],
  [50, -0.9009, -85.5211, 50, 0, -82.7485, 1],
  [50, 0, 0, 50, -1, 2, 2.3669],
  [50, -1, 2, 50, 0, 0, 2.3669],
  [50, 2.49, -0.001, 50, -2.49, 0.0009, 7.1792],
  [50, 2.49, -0.001, 50, -2.49, 0.001, 7.1792],
  [50, 2.49, -0.001, 50, -2.49, 0.0011, 7.2195],
  [50, 2.49, -0.001, 50, -2.49, 0.0012, 7.2195],
  [50, -0.001, 2.49, 50, 0.0009, -2.49, 4.8045],
  [50, -0.001, 2.49, 50, 0.001, -2.49, 4.8045],
  [50, -0.001, 2.49, 50, 0.0011, -2.49, 4.7461],
  [50, 2.5, 0, 50, 0, -2.5, 4.3065],
  [50, 2.5, 0, 73, 25, -18, 27.1492],
  [50, 2.5, 0, 61, -5, 29, 22.8977],
  [50, 2.5, 0, 56, -27, -3, 31.903],
  [50, 2.5, 0, 58, 24, 15, 19.4535],
  [50, 2.5, 0, 50, 3.1736, 0.5854, 1],
  [50, 2.5, 0, 50, 3.2972, 0, 1],
  [50, 2.5, 0, 50, 1.8634, 0.5757, 1],
  [50, 2.5, 0, 50, 3.2592, 0.335, 1],
  [60.2574, -34.0099, 36.2677, 60.4626, -34.1751, 39.4387, 1.2644],
  [63.0109, -31.0961, -5.8663, 62.8187, -29.7946, -4.0864, 1.263],
  [61.2901, 3.7196, -5.3901, 61.4292, 2.248, -4.962, 1.8731],
  [35.0831, -44.1164, 3.7933, 35.0232, -40.0716, 1.5901, 1.8645],
  [22.7233, 20.0904, -46.694, 23.0331, 14.973, -42.5619, 2.0373],
  [36.4612, 47.858, 18.3852, 36.2715, 50.5065, 21.2231, 1.4146],
  [90.8027, -2.0831, 1.441, 91.1528, -1.6435, 0.0447, 1.4441],
  [90.9257, -0.5406, -0.9208, 88.6381, -0.8985, -0.7239, 1.5381],
  [6.7747, -0.2908, -2.4247, 5.8714, -0.0985, -2.2286, 0.6377],
  [2.0776, 0.0795, -1.135, 0.9033, -0.0636, -0.5514, 0.9082],
] as const;

describe('colorDifference', () => {
  it.each(published)(
    'of (%d, %d, %d) and (%d, %d, %d) is %d',
    (L1, a1, b1, L2, a2, b2, expected) => {
      const [one, other]: [Lab, Lab] = [
        [L1, a1, b1],
        [L2, a2, b2],
      ];
      expect(Math.abs(colorDifference(one, other) - expected)).toBeLessThan(5.1e-5);
      expect(colorDifference(other, one)).toBeCloseTo(colorDifference(one, other), 10);
      expect(colorDifference(one, one)).toBe(0);
    },
  );
});

describe('mostSquaredDifference', () => {
  it('is never less than the square of the difference', () => {
    const random = createRandom(3);
    const level = () => Math.floor(256 * random.uniform());
    for (let i = 0; i < 20000; i++) {
      const one = [level(), level(), level()] as const;
      const reach = 1 + (i % 40);
      const near = (value: number) =>
        Math.min(255, Math.max(0, value + Math.round(reach * (2 * random.uniform() - 1))));
      const [a, b] = [labOfLevels(...one), labOfLevels(near(one[0]), near(one[1]), near(one[2]))];
      const most = mostSquaredDifference(b[0] - a[0], b[1] - a[1], b[2] - a[2]);
      expect(colorDifference(a, b) ** 2).toBeLessThanOrEqual(most * (1 + 1e-9));
    }
  });
});

describe('labPlace', () => {
  it('names the colour of levels, however many came between', () => {
    for (let i = 0; i < 50000; i++) {
      const levels = [i % 256, (i >> 3) % 256, (7 * i) % 256] as const;
      const place = labPlace(...levels);
      const found = [keptLabs[place], keptLabs[place + 1], keptLabs[place + 2]];
      const expected = labOfLevels(...levels);
      if (found.some((value, k) => value !== expected[k])) expect(found).toEqual(expected);
    }
  });
});

describe('labOfLevels', () => {
  // Primaries, white and black of sRGB as every table of it has them.
  it.each<[[number, number, number], Lab]>([
    [
      [255, 255, 255],
      [100, 0, 0],
    ],
    [
      [0, 0, 0],
      [0, 0, 0],
    ],
    [
      [255, 0, 0],
      [53.24, 80.09, 67.2],
    ],
    [
      [0, 255, 0],
      [87.73, -86.18, 83.18],
    ],
    [
      [0, 0, 255],
      [32.3, 79.19, -107.86],
    ],
    [
      [119, 119, 119],
      [50.03, 0, 0],
    ],
  ])('of %o is %o', (levels, expected) => {
    for (const [i, value] of labOfLevels(...levels).entries()) {
      expect(Math.abs(value - expected[i]!)).toBeLessThan(0.02);
    }
  });
});
