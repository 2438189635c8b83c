import { fnv1a32, hashValues, uniform } from '@latent-matte/test-kit/hash-values';

/**
 * The generator of weights and inputs of the parity fixtures (fixtures/README.md §1): exact on every platform,
 * so that no fixture stores its weights.
 */
export { fnv1a32, hashValues };

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
