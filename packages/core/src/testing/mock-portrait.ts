import * as tf from '@tensorflow/tfjs-core';
import type { FloatImage } from '../contracts';
import { createRandom } from '../random';

/**
 * Something the mock models take for a portrait: a bright head and shoulders with a soft outline on a dark
 * background, slightly off centre, with seeded grain.
 *
 * ```ts
 * import { mockPortrait } from '@latent-matte/core/testing';
 *
 * const photo = mockPortrait(64, 48, 7); // another seed changes the grain alone
 * console.log(photo.channels, photo.data.length); // 3 9216
 * ```
 *
 * @param seed default 0
 */
export function mockPortrait(width: number, height: number, seed = 0): FloatImage {
  const random = createRandom(seed);
  const data = new Float32Array(width * height * 3);
  const unit = Math.max(width, height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const across = (x + 0.5 - width * 0.53) / unit;
      const head = 0.24 - Math.hypot(across, (y + 0.5 - height * 0.4) / unit);
      const body = 0.33 - Math.hypot(across, (y + 0.5 - height) / unit);
      // Brightness rises from 0.15 to 0.85 over an outline about a tenth of the picture wide.
      const inside = 1 / (1 + Math.exp(-40 * Math.max(head, body)));
      const colors = [0.15 + 0.75 * inside, 0.15 + 0.7 * inside, 0.15 + 0.65 * inside];
      const at = (y * width + x) * 3;
      for (let c = 0; c < 3; c++) {
        data[at + c] = Math.min(1, Math.max(0, colors[c] + 0.02 * random.normal()));
      }
    }
  }
  return { width, height, channels: 3, data };
}

/**
 * {@link mockPortrait} for several seeds as one tensor `[N, H, W, 3]`, owned by the caller.
 *
 * ```ts
 * import { mockPortraits } from '@latent-matte/core/testing';
 *
 * console.log(mockPortraits(64, 48, [1, 2]).shape); // [2, 48, 64, 3]
 * ```
 */
export function mockPortraits(
  width: number,
  height: number,
  seeds: readonly number[],
): tf.Tensor4D {
  return tf.tidy(() =>
    tf.concat(
      seeds.map((seed) =>
        tf.tensor4d(mockPortrait(width, height, seed).data, [1, height, width, 3]),
      ),
    ),
  );
}
