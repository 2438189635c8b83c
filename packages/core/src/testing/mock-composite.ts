import type { FloatImage } from '../contracts';

/** A picture that was composed, so that its layers are known. */
export interface MockComposite {
  /** αF + (1 − α)B. */
  readonly image: FloatImage;
  readonly alpha: FloatImage;
  readonly foreground: FloatImage;
  readonly background: FloatImage;
}

/**
 * A warm disc with strands of hair around it, in front of a cold striped wall: colours drift slowly within each layer,
 * and alpha takes every value. The strands get finer towards their ends.
 *
 * ```ts
 * import { mockComposite } from '@latent-matte/core/testing';
 *
 * const { image, alpha, foreground, background } = mockComposite(64, 48);
 * console.log(image.data.length); // 64 · 48 · 3 = 9216
 * console.log(alpha.data[0]); // 0: the corner is background
 * ```
 */
export function mockComposite(width: number, height: number): MockComposite {
  const unit = Math.min(width, height);
  const alpha = new Float32Array(width * height);
  const foreground = new Float32Array(width * height * 3);
  const background = new Float32Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const p = y * width + x;
      const [across, down] = [(x + 0.5 - width / 2) / unit, (y + 0.5 - height / 2) / unit];
      const radius = Math.hypot(across, down);
      const disc = ramp((0.27 - radius) / 0.04);
      const strands = 0.5 + 0.5 * Math.sin(24 * Math.atan2(down, across));
      alpha[p] = Math.max(disc, strands ** 2 * ramp((0.44 - radius) / 0.16));
      const warm = [0.8 + 0.15 * down, 0.45 + 0.2 * across, 0.25];
      const stripes = 0.1 * Math.sin((9 * x) / unit);
      const cold = [0.15, 0.4 + stripes, 0.7 - 0.3 * down];
      for (let c = 0; c < 3; c++) {
        foreground[p * 3 + c] = ramp(warm[c]);
        background[p * 3 + c] = ramp(cold[c]);
      }
    }
  }
  const image = foreground.map((value, i) => {
    const a = alpha[Math.floor(i / 3)];
    return a * value + (1 - a) * background[i];
  });
  const layer = (data: Float32Array): FloatImage => ({ width, height, channels: 3, data });
  return {
    image: layer(image),
    alpha: { width, height, channels: 1, data: alpha },
    foreground: layer(foreground),
    background: layer(background),
  };
}

const ramp = (value: number): number => Math.min(1, Math.max(0, value));
