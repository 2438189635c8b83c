const encoder = new TextEncoder();

/**
 * Uniform in [centre − halfRange, centre + halfRange), the same in every language: FNV-1a of the key, then the finaliser
 * of MurmurHash3. `fixtures/make-rvm-resnet50.py` has it in Python.
 */
export function hashedValues(
  key: string,
  count: number,
  halfRange: number,
  centre: number,
): Float32Array {
  let seed = 0x811c9dc5;
  for (const byte of encoder.encode(key)) seed = Math.imul(seed ^ byte, 0x01000193);
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    let x = (seed + Math.imul(i + 1, 0x9e3779b9)) >>> 0;
    x ^= x >>> 16;
    x = Math.imul(x, 0x85ebca6b);
    x ^= x >>> 13;
    x = Math.imul(x, 0xc2b2ae35);
    x ^= x >>> 16;
    values[i] = ((x >>> 0) / 2 ** 32 - 0.5) * 2 * halfRange + centre;
  }
  return values;
}
