/**
 * The generator of weights and inputs of fixtures, exact on every platform, so that none stores them. In Python:
 * `packages/models/fixtures/hashed.py`.
 */

const encoder = new TextEncoder();

/** 32-bit FNV-1a of the UTF-8 bytes. */
export function fnv1a32(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of encoder.encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** Uniform in [0, 1), by MurmurHash3's finaliser: element `index` of the stream whose key hashes to `seed`. */
export function uniform(seed: number, index: number): number {
  let x = (seed + Math.imul(index + 1, 0x9e3779b9)) >>> 0;
  x ^= x >>> 16;
  x = Math.imul(x, 0x85ebca6b);
  x ^= x >>> 13;
  x = Math.imul(x, 0xc2b2ae35);
  x ^= x >>> 16;
  return (x >>> 0) / 4294967296;
}

/** Uniform values in [b − a, b + a), flat in row-major order. */
export function hashValues(key: string, count: number, a = 1, b = 0): Float32Array {
  const seed = fnv1a32(key);
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) values[i] = (uniform(seed, i) - 0.5) * 2 * a + b;
  return values;
}
