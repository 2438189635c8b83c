/**
 * The generator of weights and inputs of the parity fixtures (fixtures/README.md §1): exact on every platform,
 * so that no fixture stores its weights.
 */

const encoder = new TextEncoder();

/** 32-bit FNV-1a of the UTF-8 bytes. */
export function fnv1a32(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of encoder.encode(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** Uniform in [0, 1): element `index` of the stream whose key hashes to `seed`. */
function uniform(seed: number, index: number): number {
  let x = (seed + Math.imul(index + 1, 0x9e3779b9)) >>> 0;
  x ^= x >>> 16;
  x = Math.imul(x, 0x85ebca6b);
  x ^= x >>> 13;
  x = Math.imul(x, 0xc2b2ae35);
  x ^= x >>> 16;
  return (x >>> 0) / 4294967296;
}

/** Uniform values in [b − a, b + a), flat in row-major order of the PyTorch layout. */
export function hashValues(key: string, count: number, a = 1, b = 0): Float32Array {
  const seed = fnv1a32(key);
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) values[i] = (uniform(seed, i) - 0.5) * 2 * a + b;
  return values;
}

/**
 * The structured image `S(key, [N, C, H, W], scale, offset)`: 8×8 blocks of one value plus noise, flat in
 * row-major order.
 */
export function hashImage(
  key: string,
  [batch, channels, height, width]: readonly [number, number, number, number],
  scale = 0.5,
  offset = 0.5,
): Float32Array {
  const low = fnv1a32(`${key}:lo`);
  const high = fnv1a32(`${key}:hi`);
  const blockRows = Math.ceil(height / 8);
  const blockColumns = Math.ceil(width / 8);
  const values = new Float32Array(batch * channels * height * width);
  let j = 0;
  for (let plane = 0; plane < batch * channels; plane++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++, j++) {
        const i = (plane * blockRows + (y >> 3)) * blockColumns + (x >> 3);
        const lo = (uniform(low, i) - 0.5) * 2;
        const hi = (uniform(high, j) - 0.5) * 2;
        values[j] = scale * (0.6 * lo + 0.4 * hi) + offset;
      }
    }
  }
  return values;
}
