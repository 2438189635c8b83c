import { describe, expect, it } from 'vitest';
import { createRandom } from '../random';
import { packedPicture } from './packed-picture';
import { readRows } from './picture-rows';

const bitsOf = (data: Float32Array) => new Uint32Array(data.slice().buffer);

describe('packedPicture', () => {
  it.each([
    ['a matte', 97, 5, 1 as const],
    ['colours', 33, 7, 3 as const],
    ['one pixel', 1, 1, 1 as const],
    ['a column', 1, 40, 1 as const],
  ])('gives every value of %s again, by rows and at once', (_, width, height, channels) => {
    const random = createRandom(3);
    const levels = [0, -0, 1, Number.NaN, 0.25, Number.POSITIVE_INFINITY];
    const data = new Float32Array(width * height * channels);
    for (let i = 0; i < data.length; ) {
      const value = random.integer(3) === 0 ? random.uniform() : levels[random.integer(6)]!;
      for (let end = i + 1 + random.integer(12); i < end && i < data.length; ) data[i++] = value;
    }
    const packed = packedPicture({ width, height, channels, data });
    expect(bitsOf(readRows(packed).data)).toEqual(bitsOf(data));
    expect(bitsOf(packed.data)).toEqual(bitsOf(data));
    expect({ ...packed, data: 0 }).toEqual({ width, height, channels, data: 0 });
  });
});
