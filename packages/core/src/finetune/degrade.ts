import { clipUnit } from '../imaging/clip-unit';
import type { Random } from '../random';

/** A change of colours, drawn once and applied to all layers it concerns. */
export interface Colors {
  readonly gain: readonly number[];
  readonly gamma: number;
  readonly saturation: number;
}

/**
 * @param strength 1: brightness and gamma by up to e^±0.3, balance by e^±0.1, saturation by e^±0.5
 *
 * ```ts
 * import { createRandom } from '@latent-matte/core';
 * import { drawColors } from '@latent-matte/core/fine-tune';
 *
 * const { gain, gamma, saturation } = drawColors(createRandom(7), 0.5);
 * ```
 */
export function drawColors(random: Random, strength: number): Colors {
  const spread = (amount: number) => Math.exp((random.uniform() - 0.5) * 2 * amount * strength);
  const brightness = spread(0.3);
  return {
    gain: [brightness * spread(0.1), brightness * spread(0.1), brightness * spread(0.1)],
    gamma: spread(0.3),
    saturation: spread(0.5),
  };
}

/**
 * In place; interleaved RGB in [0, 1].
 *
 * ```ts
 * import { createRandom } from '@latent-matte/core';
 * import { applyColors, drawColors } from '@latent-matte/core/fine-tune';
 *
 * const pixels = new Float32Array(64 * 64 * 3).fill(0.5);
 * applyColors(pixels, drawColors(createRandom(7), 0.5));
 * ```
 */
export function applyColors(image: Float32Array, { gain, gamma, saturation }: Colors): void {
  // A table instead of a power per value: gamma curves are smooth, 1024 entries are exact enough.
  const curve = Float32Array.from({ length: 1025 }, (_, i) => (i / 1024) ** gamma);
  for (let i = 0; i < image.length; i += 3) {
    const grey = 0.299 * image[i] + 0.587 * image[i + 1] + 0.114 * image[i + 2];
    for (let c = 0; c < 3; c++) {
      const value = (grey + (image[i + c] - grey) * saturation) * gain[c];
      image[i + c] = curve[value <= 0 ? 0 : value >= 1 ? 1024 : (value * 1024) | 0];
    }
  }
}

/**
 * Uniform noise of up to 0.025 · √3, in place.
 *
 * ```ts
 * import { createRandom } from '@latent-matte/core';
 * import { addNoise } from '@latent-matte/core/fine-tune';
 *
 * const pixels = new Float32Array(64 * 64 * 3).fill(0.5);
 * addNoise(pixels, createRandom(7), 1);
 * ```
 *
 * @param probability that there is any. Default 0.5
 */
export function addNoise(image: Float32Array, random: Random, probability = 0.5): void {
  if (random.uniform() < 1 - probability) return;
  const sigma = 0.025 * random.uniform() * Math.sqrt(3);
  for (let i = 0; i < image.length; i++) {
    const value = image[i] + (random.uniform() - 0.5) * 2 * sigma;
    image[i] = clipUnit(value);
  }
}

/**
 * A Gaussian of standard deviation `sigma` (pixels), the border repeated, in place.
 *
 * ```ts
 * import { blurMap } from '@latent-matte/core/fine-tune';
 *
 * const map = new Float32Array(64 * 64).fill(1);
 * blurMap(map, 64, 64, 1, 2);
 * ```
 */
export function blurMap(
  map: Float32Array,
  width: number,
  height: number,
  channels: number,
  sigma: number,
): void {
  const radius = Math.max(1, Math.ceil(2.5 * sigma));
  const kernel = Float32Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-((i - radius) ** 2) / (2 * sigma * sigma)),
  );
  const total = kernel.reduce((a, b) => a + b, 0);
  const pass = (lines: number, length: number, line: number, step: number) => {
    const values = new Float32Array(length);
    for (let l = 0; l < lines; l++) {
      for (let c = 0; c < channels; c++) {
        const start = l * line + c;
        for (let i = 0; i < length; i++) values[i] = map[start + i * step];
        for (let i = 0; i < length; i++) {
          let sum = 0;
          for (let k = -radius; k <= radius; k++) {
            sum += kernel[k + radius] * values[Math.min(length - 1, Math.max(0, i + k))];
          }
          map[start + i * step] = sum / total;
        }
      }
    }
  };
  pass(height, width, width * channels, channels);
  pass(width, height, channels, width * channels);
}
