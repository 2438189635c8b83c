import { describe, expect, it } from 'vitest';
import { readRows } from '../imaging/picture-rows';
import { createRandom } from '../random';
import { finish } from '../solvers/work';
import { leanForegroundWork, SKIP_FLAT_ABOVE } from './lean-multi-level';
import { multiLevelWork } from './multi-level';

/** A disc with a soft edge, and a few mixed pixels anywhere, over coloured noise. */
function portrait(width: number, height: number) {
  const random = createRandom(width + height);
  const pixels = Uint8Array.from({ length: width * height * 3 }, () => 256 * random.uniform());
  const alpha = Float32Array.from({ length: width * height }, (_, p) => {
    const distance = Math.hypot((p % width) - width / 2, Math.floor(p / width) - height / 2);
    if (random.uniform() < 0.002) return random.uniform();
    return Math.min(1, Math.max(0, (height / 3 - distance) / 9));
  });
  return { pixels: { data: pixels, scale: 1 / 255 }, alpha };
}

describe('leanForegroundWork', () => {
  it.each([
    [SKIP_FLAT_ABOVE + 13, 37],
    [61, SKIP_FLAT_ABOVE + 200],
    [40, 30],
    [1, 1],
  ])('is the foreground of multiLevelWork to the bit, %i×%i', (width, height) => {
    const { pixels, alpha } = portrait(width, height);
    const whole = finish(
      multiLevelWork(pixels, alpha, width, height, { skipFlatAbove: SKIP_FLAT_ABOVE }),
    );
    const lean = finish(leanForegroundWork(pixels, rowsAt(alpha, width), width, height));
    for (let time = 0; time < 2; time++) {
      expect(Buffer.compare(bytes(readRows(lean).data), bytes(whole.foreground))).toBe(0);
    }
  });

  it('keeps a small part of what the whole does', () => {
    const [width, height] = [900, 1200];
    const { pixels, alpha } = portrait(width, height);
    const made = countedFloats(() =>
      finish(leanForegroundWork(pixels, rowsAt(alpha, width), width, height)),
    );
    const whole = countedFloats(() =>
      finish(multiLevelWork(pixels, alpha, width, height, { skipFlatAbove: SKIP_FLAT_ABOVE })),
    );
    expect(made).toBeLessThan(0.35 * whole);
  });
});

const rowsAt = (alpha: Float32Array, width: number) => (y: number) =>
  alpha.subarray(y * width, (y + 1) * width);

const bytes = ({ buffer, byteOffset, byteLength }: Float32Array) =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** Values in all Float32Arrays that are made by their length. */
function countedFloats(run: () => unknown): number {
  const original = globalThis.Float32Array;
  let values = 0;
  globalThis.Float32Array = new Proxy(original, {
    construct(target, args) {
      if (typeof args[0] === 'number') values += args[0];
      return Reflect.construct(target, args);
    },
  });
  try {
    run();
    return values;
  } finally {
    globalThis.Float32Array = original;
  }
}
