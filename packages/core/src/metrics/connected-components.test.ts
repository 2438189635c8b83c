import { describe, expect, it } from 'vitest';
import { createRandom } from '../random';
import { ComponentFinder } from './connected-components';

/** Sizes of all components by flood fill, largest first. */
function floodFill(map: Uint8Array, width: number, minimum: number): number[] {
  const seen = new Set<number>();
  const sizes: number[] = [];
  for (let seed = 0; seed < map.length; seed++) {
    if (map[seed]! < minimum || seen.has(seed)) continue;
    const stack = [seed];
    seen.add(seed);
    let size = 0;
    for (let i = stack.pop(); i !== undefined; i = stack.pop()) {
      size++;
      const x = i % width;
      const neighbours = [i - width, i + width, x > 0 ? i - 1 : -1, x < width - 1 ? i + 1 : -1];
      for (const next of neighbours) {
        if (next >= 0 && next < map.length && map[next]! >= minimum && !seen.has(next)) {
          seen.add(next);
          stack.push(next);
        }
      }
    }
    sizes.push(size);
  }
  return sizes.sort((a, b) => b - a);
}

describe('ComponentFinder', () => {
  it.each([
    [1, 40],
    [40, 1],
    [37, 29],
    // More runs than the first allocation holds.
    [120, 100],
  ])('agrees with a flood fill on noise of %d×%d', (width, height) => {
    const random = createRandom(width);
    const map = Uint8Array.from({ length: width * height }, () => random.integer(10));
    const finder = new ComponentFinder(map, width, height);
    for (const minimum of [0, 1, 4, 5, 9, 10]) {
      const found = finder.find(minimum);
      const sizes = new Map<number, number>();
      for (let run = 0; run < found.count; run++) {
        const name = found.componentOf(run);
        sizes.set(name, (sizes.get(name) ?? 0) + found.ends[run]! - found.starts[run]!);
      }
      const expected = floodFill(map, width, minimum);
      expect([...sizes.values()].sort((a, b) => b - a)).toEqual(expected);
      expect(found.largestSize).toBe(expected[0] ?? 0);
      expect(sizes.get(found.largest) ?? 0).toBe(found.largestSize);
      expect(found.pixels).toBe(map.filter((value) => value >= minimum).length);
    }
  });
});
