import { describe, expect, it } from 'vitest';
import { decodeBfloat16, decodeFloat16, encodeBfloat16, encodeFloat16 } from './half-float';

describe('float16', () => {
  it.each([
    [0, 0x0000],
    [-0, 0x8000],
    [1, 0x3c00],
    [-2, 0xc000],
    [65504, 0x7bff],
    [Infinity, 0x7c00],
    [-Infinity, 0xfc00],
    [2 ** -14, 0x0400],
    [2 ** -24, 0x0001],
    [1023 * 2 ** -24, 0x03ff],
    [1 / 3, 0x3555],
  ])('%d is 0x%s', (value, bits) => {
    expect(encodeFloat16(value)).toBe(bits);
    expect(encodeFloat16(decodeFloat16(bits))).toBe(bits);
  });

  it('rounds ties to even, in normals, subnormals and at the limits', () => {
    expect(encodeFloat16(1 + 2 ** -11)).toBe(0x3c00);
    expect(encodeFloat16(1 + 3 * 2 ** -11)).toBe(0x3c02);
    expect(encodeFloat16(1 + 2 ** -11 + 2 ** -20)).toBe(0x3c01);
    expect(encodeFloat16(2 ** -25)).toBe(0);
    expect(encodeFloat16(2 ** -25 * 1.0001)).toBe(1);
    expect(encodeFloat16(1.5 * 2 ** -24)).toBe(2);
    // The largest subnormal and the smallest normal are neighbours.
    expect(encodeFloat16(1023.5 * 2 ** -24)).toBe(0x0400);
    expect(encodeFloat16(65519.99)).toBe(0x7bff);
    expect(encodeFloat16(65520)).toBe(0x7c00);
  });

  it('decodes and encodes every bit pattern back to itself', () => {
    for (let bits = 0; bits < 0x10000; bits++) {
      const value = decodeFloat16(bits);
      if (Number.isNaN(value)) expect(decodeFloat16(encodeFloat16(value))).toBeNaN();
      else if (encodeFloat16(value) !== bits) expect.fail(`0x${bits.toString(16)}`);
    }
  });
});

describe('bfloat16', () => {
  it('decodes and encodes every bit pattern back to itself', () => {
    for (let bits = 0; bits < 0x10000; bits++) {
      const value = decodeBfloat16(bits);
      if (Number.isNaN(value)) expect(decodeBfloat16(encodeBfloat16(value))).toBeNaN();
      else if (encodeBfloat16(value) !== bits) expect.fail(`0x${bits.toString(16)}`);
    }
  });

  it('rounds ties to even and overflows to Infinity', () => {
    expect(encodeBfloat16(1 + 2 ** -8)).toBe(0x3f80);
    expect(encodeBfloat16(1 + 3 * 2 ** -8)).toBe(0x3f82);
    expect(encodeBfloat16(-(1 + 2 ** -8 + 2 ** -20))).toBe(0xbf81);
    expect(encodeBfloat16(3.4e38)).toBe(0x7f80);
    expect(encodeBfloat16(2 ** -149)).toBe(0);
  });
});
