import { measureChange } from '@latent-matte/test-kit/measure-change';
import { describe, expect, it } from 'vitest';
import { readRows, rowsOf } from '../imaging/picture-rows';
import { createRandom } from '../random';
import { finish } from '../solvers/work';
import { boundedRows, type ChangeBounds } from './bound-change';
import { boundValues } from './bound-values';

const [WIDTH, HEIGHT] = [45, 38];
const BOUNDS: ChangeBounds = { maxBlockShift: 6, maxColorDifference: 3, minPsnr: 40 };

/** A picture, and changes as generators make them. */
const random = createRandom(5);
const grain = Float32Array.from({ length: WIDTH * HEIGHT * 3 }, () => random.uniform());
const pictures: Readonly<Record<string, (i: number) => number>> = {
  noise: (i) => grain[i]!,
  dark: (i) => 0.1 * grain[i]!,
  bright: (i) => 0.9 + 0.1 * grain[i]!,
  flat: () => 0.5,
  ramp: (i) => (Math.floor(i / 3) % WIDTH) / WIDTH,
};
const shake = random.normals(WIDTH * HEIGHT * 3);
const changes: Readonly<Record<string, (i: number) => number>> = {
  'a shift of everything': () => 0.06,
  'a shift of one colour': (i) => (i % 3 === 2 ? 0.2 : 0),
  'fine noise': (i) => 0.08 * shake[i]!,
  'a spot': (i) => (Math.floor(i / 3) % WIDTH < 12 && i < WIDTH * 36 ? -0.15 : 0),
  'waves about the bound': (i) => 0.0236 + 0.004 * Math.sin(i / 40),
};

const rowsOfValues = (data: Float32Array) =>
  rowsOf({ width: WIDTH, height: HEIGHT, channels: 3, data });

const bounded = (base: Float32Array, changed: Float32Array, bounds: ChangeBounds): Float32Array =>
  readRows(finish(boundedRows(rowsOfValues(base), rowsOfValues(changed), bounds)))
    .data as Float32Array;

describe('boundedRows', () => {
  for (const [picture, valueAt] of Object.entries(pictures)) {
    it.each(Object.entries(changes))(
      `keeps ${picture} within every bound after %s`,
      (_, change) => {
        const base = Float32Array.from(grain, (_, i) => valueAt(i));
        const wanted = base.map((value, i) => Math.min(1, Math.max(0, value + change(i))));
        const changed = bounded(base, wanted, BOUNDS);
        const { block, color, psnr } = measureChange(base, changed, WIDTH, HEIGHT);
        expect(block).toBeLessThanOrEqual(BOUNDS.maxBlockShift);
        expect(color).toBeLessThanOrEqual(BOUNDS.maxColorDifference);
        expect(psnr).toBeGreaterThanOrEqual(BOUNDS.minPsnr);
        // Something is left, in the direction asked for.
        const along = changed.reduce(
          (sum, x, i) => sum + (x - base[i]!) * (wanted[i]! - base[i]!),
          0,
        );
        expect(along).toBeGreaterThan(0);
        expect(psnr).toBeLessThan(60);
        expect(bounded(base, wanted, BOUNDS)).toEqual(changed);
        const whole = wanted.slice();
        expect(boundValues(base, whole, WIDTH, BOUNDS)).toBe(true);
        expect(whole).toEqual(changed);
      },
    );
  }

  it('leaves a change within the bounds as it is, bit for bit', () => {
    const base = Float32Array.from(grain);
    const changed = base.map((value, i) => Math.min(1, Math.max(0, value + 0.004 * shake[i]!)));
    expect(bounded(base, changed, BOUNDS)).toEqual(changed);
    const whole = changed.slice();
    expect(boundValues(base, whole, WIDTH, BOUNDS)).toBe(false);
    expect(whole).toEqual(changed);
  });

  it.each<[keyof ChangeBounds, number]>([
    ['maxBlockShift', 6],
    ['maxColorDifference', 3],
    ['minPsnr', 45],
  ])('keeps %s alone, where the others are off', (name, limit) => {
    const off = { maxBlockShift: 0, maxColorDifference: 0, minPsnr: 0 };
    const base = Float32Array.from(grain, (value) => 0.2 + 0.6 * value);
    const wanted = base.map((value, i) => value + 0.06 + 0.02 * shake[i]!);
    const changed = bounded(base, wanted, { ...off, [name]: limit });
    const { block, color, psnr } = measureChange(base, changed, WIDTH, HEIGHT);
    expect({
      maxBlockShift: block <= 6,
      maxColorDifference: color <= 3,
      minPsnr: psnr >= 45,
    }).toMatchObject({ [name]: true });
    expect(bounded(base, wanted, off)).toEqual(wanted);
  });
});
