import type { FloatImage } from '../contracts';
import { pixelsAt512 } from './pixels-at-512';

/** What a matte is sure of lies below 0.02 or above this. */
export const SURE = 0.98;

/**
 * Trimap of a matte: unknown where 0.02 < α < 0.98, grown by `outward` pixels into the background and
 * `inward` pixels into the foreground.
 *
 * ```ts
 * import { trimapFromAlpha } from '@latent-matte/core/ops';
 *
 * const alpha = Float32Array.of(0, 0, 0.5, 1, 1);
 * console.log(trimapFromAlpha(alpha, 5, 1, 1, 0)); // [0, 1, 1, 2, 2]
 * ```
 *
 * @param alpha row-major, in [0, 1]
 * @param also 1 at further pixels that are unknown before anything grows
 * @returns 0 = background, 1 = unknown, 2 = foreground
 */
export function trimapFromAlpha(
  alpha: Float32Array,
  width: number,
  height: number,
  outward: number,
  inward: number,
  also?: Uint8Array,
): Uint8Array {
  const unknown = new Uint8Array(alpha.length);
  for (let i = 0; i < alpha.length; i++) {
    unknown[i] = (alpha[i] > 0.02 && alpha[i] < SURE) || also?.[i] === 1 ? 1 : 0;
  }
  // A hard edge between sure classes is an edge too.
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      const sure = alpha[i] >= 0.5;
      if (x > 0 && sure !== alpha[i - 1] >= 0.5) unknown[i] = 1;
      if (y > 0 && sure !== alpha[i - width] >= 0.5) unknown[i] = 1;
    }
  }
  const far = grow(unknown, width, height, outward);
  const near = grow(unknown, width, height, inward);
  const trimap = new Uint8Array(alpha.length);
  for (let i = 0; i < alpha.length; i++) {
    const isUnknown = unknown[i] === 1 || (alpha[i] >= 0.5 ? near[i] : far[i]) === 1;
    trimap[i] = isUnknown ? 1 : alpha[i] >= 0.5 ? 2 : 0;
  }
  return trimap;
}

/**
 * {@link trimapFromAlpha} as levels 0, 1/2 and 1, grown by pixels at 512.
 *
 * @param alpha one channel
 */
export function trimapLevelsOf(
  alpha: FloatImage,
  { outward, inward }: { readonly outward: number; readonly inward: number },
): FloatImage {
  const { data, width, height } = alpha;
  const [far, near] = [pixelsAt512(outward, alpha), pixelsAt512(inward, alpha)];
  const classes = trimapFromAlpha(data, width, height, far, near);
  return { ...alpha, data: new Float32Array(classes).map((level) => level / 2) };
}

/** Separable maximum of a mask of 0 and 1 over a square of side 2·radius + 1. */
export function grow(mask: Uint8Array, width: number, height: number, radius: number): Uint8Array {
  if (radius <= 0) return mask;
  const rows = new Uint8Array(mask.length);
  for (let y = 0; y < height; y++) {
    let last = -radius - 1;
    const at = y * width;
    for (let x = 0; x < width; x++) {
      if (mask[at + x] === 1) {
        const from = Math.max(x - radius, last + 1, 0);
        const to = Math.min(width - 1, x + radius);
        for (let k = from; k <= to; k++) rows[at + k] = 1;
        last = to;
      }
    }
  }
  const result = new Uint8Array(mask.length);
  for (let x = 0; x < width; x++) {
    let last = -1;
    for (let y = 0; y < height; y++) {
      if (rows[y * width + x] === 1) {
        const from = Math.max(y - radius, last + 1, 0);
        const to = Math.min(height - 1, y + radius);
        for (let k = from; k <= to; k++) result[k * width + x] = 1;
        last = to;
      }
    }
  }
  return result;
}
