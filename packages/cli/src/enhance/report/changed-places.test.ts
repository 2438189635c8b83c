import type { FloatImage } from '@latent-matte/backend-node';
import { describe, expect, it } from 'vitest';
import { changedPlaces, cropped } from './changed-places';

const map = (
  width: number,
  height: number,
  value: (x: number, y: number) => number,
): FloatImage => ({
  width,
  height,
  channels: 1,
  data: Float32Array.from({ length: width * height }, (_, i) =>
    value(i % width, Math.floor(i / width)),
  ),
});

describe('changedPlaces', () => {
  const before = map(100, 60, () => 0);
  const after = map(100, 60, (x, y) =>
    x >= 60 && x < 72 && y < 12 ? 1 : x < 6 && y >= 50 ? 0.5 : 0,
  );

  it('finds the squares that changed most, most changed first, apart from each other', () => {
    const places = changedPlaces(before, after, 4);
    expect(places[0]).toEqual({ left: 60, top: 0, side: 12 });
    const corner = places.findIndex(({ left, top }) => left === 0 && top >= 45);
    expect(corner).toBeGreaterThan(0);
    for (const [i, a] of places.entries()) {
      for (const b of places.slice(i + 1)) {
        expect(Math.abs(a.left - b.left) >= 12 || Math.abs(a.top - b.top) >= 12).toBe(true);
      }
    }
    expect(changedPlaces(before, after, 1)).toHaveLength(1);
  });

  it('finds none where nothing changed', () => {
    expect(changedPlaces(before, before, 3)).toEqual([]);
    expect(
      changedPlaces(
        map(1, 1, () => 0),
        map(1, 1, () => 1),
        3,
      ),
    ).toEqual([{ left: 0, top: 0, side: 1 }]);
  });

  it('cuts that part out of a picture', () => {
    const numbers = map(5, 4, (x, y) => 10 * y + x);
    expect([...cropped(numbers, { left: 2, top: 1, side: 2 }).data]).toEqual([12, 13, 22, 23]);
  });
});
