/**
 * 16-bit floats as bit patterns. float16 is IEEE 754 binary16 (5 exponent, 10 fraction bits), bfloat16 the
 * upper half of a float32 (8 exponent, 7 fraction bits). Encoding rounds to nearest, ties to even; values
 * beyond the largest finite one become Infinity, as in PyTorch and NumPy. Decoding is exact.
 */

const scratch = new DataView(new ArrayBuffer(4));

function bitsOf(value: number): number {
  scratch.setFloat32(0, value);
  return scratch.getUint32(0);
}

function fromBits(bits: number): number {
  scratch.setUint32(0, bits);
  return scratch.getFloat32(0);
}

/** Drops the low `count` (1…31) bits of a positive integer, rounding to nearest, ties to even. */
function shiftRoundingToEven(value: number, count: number): number {
  const kept = value >>> count;
  const dropped = value & ((1 << count) - 1);
  const half = 1 << (count - 1);
  return dropped > half || (dropped === half && (kept & 1) === 1) ? kept + 1 : kept;
}

/** float32 → float16 bits, 0…0xffff. `value` is taken as float32. */
export function encodeFloat16(value: number): number {
  const bits = bitsOf(value);
  const sign = (bits >>> 16) & 0x8000;
  const exponent = (bits >>> 23) & 0xff;
  const fraction = bits & 0x7fffff;
  if (exponent === 0xff) return sign | 0x7c00 | (fraction === 0 ? 0 : 0x200 | (fraction >>> 13));
  // float16 exponent: bias 15 instead of 127.
  const rebased = exponent - 112;
  if (rebased >= 31) return sign | 0x7c00;
  // A carry out of the fraction runs into the exponent, which is the right result, Infinity included.
  if (rebased > 0) return sign | shiftRoundingToEven((rebased << 23) | fraction, 13);
  // Subnormal: the hidden bit becomes explicit. Below 2⁻²⁵ (shift over 24) everything rounds to zero.
  const shift = 14 - rebased;
  return shift > 24 ? sign : sign | shiftRoundingToEven(0x800000 | fraction, shift);
}

let decoded: Float32Array | undefined;

/** float16 bits → the same value as a number. Looked up in a table of all, made when first needed. */
export function decodeFloat16(bits: number): number {
  decoded ??= Float32Array.from({ length: 1 << 16 }, (_, pattern) => float16From(pattern));
  return decoded[bits];
}

function float16From(bits: number): number {
  const sign = (bits & 0x8000) === 0 ? 1 : -1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** float32 → bfloat16 bits, 0…0xffff. `value` is taken as float32. */
export function encodeBfloat16(value: number): number {
  const bits = bitsOf(value);
  // Rounding could carry a NaN's fraction into Infinity, or drop it: keep it a (quiet) NaN.
  if (Number.isNaN(value)) return (bits >>> 16) | 0x40;
  return shiftRoundingToEven(bits, 16);
}

/** bfloat16 bits → the same value as a number. */
export function decodeBfloat16(bits: number): number {
  return fromBits((bits << 16) >>> 0);
}
