import { clipUnit } from '../imaging/clip-unit';
import { mirrorIndex } from '../ops/box-filter';
import { finish, type Work } from '../solvers/work';
import type { Layers, Pixels } from './layers';

/**
 * Blur-fusion foreground estimation (Forte, "Approximate Fast Foreground Colour Estimation", ICIP 2021), with
 * box(·) the mean over a window of `size` pixels and e = 1e-5:
 *
 *     F̂ = box(αF) / (box(α) + e),   B̂ = box((1 − α)B) / (1 − box(α) + e)
 *     F′ = clip(F̂ + α (I − αF̂ − (1 − α)B̂))
 *
 * once with a wide window from F = B = I, once with a narrow one from the result. The published code leaves the
 * background at B̂, a blur that shows where alpha is 0. By default it is corrected by what F′ leaves over:
 *
 *     B′ = clip(B̂ + (1 − α)(I − αF′ − (1 − α)B̂))
 *
 * The window of an even size reaches from p − size/2 to p + size/2 − 1, and the picture is mirrored at its border
 * without repeating the edge pixel, again and again if it is smaller than the window: as OpenCV's `blur`.
 */
export interface BlurFusionOptions {
  /** Window of each pass in pixels. Default `[90, 6]`. */
  sizes?: readonly number[];
  /** `'blurred'` leaves the background of the last pass at B̂, as the published code. Default `'fused'`. */
  background?: 'fused' | 'blurred';
}

export const blurFusionSizes: readonly number[] = [90, 6];
/** e of the formulas. */
export const BLUR_FUSION_EPSILON = 1e-5;

/**
 * The colours of person and background by blur fusion; see {@link BlurFusionOptions}.
 *
 * ```ts
 * import { estimateBlurFusion } from '@latent-matte/core/ops';
 * import { mockComposite } from '@latent-matte/core/testing';
 *
 * const { image, alpha } = mockComposite(64, 64);
 * const { foreground, background } = estimateBlurFusion(image.data, alpha.data, 64, 64);
 * console.log(foreground.length); // 64 · 64 · 3 = 12288
 * ```
 *
 * @param image interleaved RGB in [0, 1], `width * height * 3` values
 * @param alpha `width * height` values in [0, 1]
 */
export function estimateBlurFusion(
  image: Float32Array,
  alpha: Float32Array,
  width: number,
  height: number,
  options: BlurFusionOptions = {},
): Layers {
  return finish(blurFusionWork({ data: image, scale: 1 }, alpha, width, height, options));
}

/** {@link estimateBlurFusion} in pieces and for pixels of any depth. Takes 24 bytes a pixel: the result. */
export function* blurFusionWork(
  image: Pixels,
  alpha: ArrayLike<number>,
  width: number,
  height: number,
  { sizes = blurFusionSizes, background = 'fused' }: BlurFusionOptions = {},
): Work<Layers> {
  const layers = {
    foreground: new Float32Array(width * height * 3),
    background: new Float32Array(width * height * 3),
  };
  for (const [pass, size] of sizes.entries()) {
    const fuse = background === 'fused' && pass === sizes.length - 1;
    const from = { image, alpha, layers: pass === 0 ? undefined : layers };
    for (const rows of blurPass(from, width, height, size, fuse, layers)) {
      yield (pass + rows / height) / sizes.length;
    }
  }
  return layers;
}

interface PassInput {
  readonly image: Pixels;
  readonly alpha: ArrayLike<number>;
  /** F and B of the pass before; both are the image in the first. */
  readonly layers: Layers | undefined;
}

/** Products whose box means are needed, per pixel: αF and (1 − α)B for three colours, α. */
const TERMS = 7;

/**
 * One pass. Row sums are kept for the rows of one window only, so that `result` may be the layers it reads: a row
 * is overwritten after it was summed.
 */
function* blurPass(
  input: PassInput,
  width: number,
  height: number,
  size: number,
  fuse: boolean,
  result: Layers,
): Generator<number> {
  const { image, alpha } = input;
  const { data, scale } = image;
  const { foreground: F, background: B } = result;
  const before = size >> 1;
  const after = size - 1 - before;
  const row = rowSums(input, width, height, size);
  const sums = new Float64Array(width * TERMS);
  for (let y = -before; y <= after; y++) add(sums, row(mirrorIndex(y, height)), 1);
  const area = 1 / (size * size);
  for (let y = 0; y < height; y++) {
    if (y > 0) {
      add(sums, row(mirrorIndex(y + after, height)), 1);
      add(sums, row(mirrorIndex(y - 1 - before, height)), -1);
    }
    for (let x = 0; x < width; x++) {
      const p = y * width + x;
      const s = x * TERMS;
      const a = alpha[p];
      const share = sums[s + 6] * area;
      const inside = area / (share + BLUR_FUSION_EPSILON);
      const outside = area / (1 - share + BLUR_FUSION_EPSILON);
      for (let c = 0; c < 3; c++) {
        const i = 3 * p + c;
        const value = data[i] * scale;
        const f = sums[s + c] * inside;
        const b = sums[s + 3 + c] * outside;
        const fused = clipUnit(f + a * (value - a * f - (1 - a) * b));
        F[i] = fused;
        B[i] = clipUnit(fuse ? b + (1 - a) * (value - a * fused - (1 - a) * b) : b);
      }
    }
    if ((y & 31) === 31) yield y + 1;
  }
}

/** Sums over the horizontal window at each pixel of a row; the rows of one vertical window are remembered. */
function rowSums(
  { image: { data, scale }, alpha, layers }: PassInput,
  width: number,
  height: number,
  size: number,
): (y: number) => Float64Array {
  const before = size >> 1;
  const capacity = Math.min(height, size + 2);
  const held = new Int32Array(capacity).fill(-1);
  const ring = Array.from({ length: capacity }, () => new Float64Array(width * TERMS));
  // Pixel i − before of the mirrored row.
  const columns = Int32Array.from({ length: width + size }, (_, i) =>
    mirrorIndex(i - before, width),
  );
  const terms = new Float64Array(width * TERMS);
  return (y) => {
    const slot = y % capacity;
    const sums = ring[slot];
    if (held[slot] === y) return sums;
    held[slot] = y;
    for (let x = 0; x < width; x++) {
      const p = y * width + x;
      const a = alpha[p];
      for (let c = 0; c < 3; c++) {
        const i = 3 * p + c;
        const value = data[i] * scale;
        terms[x * TERMS + c] = a * (layers === undefined ? value : layers.foreground[i]);
        terms[x * TERMS + 3 + c] = (1 - a) * (layers === undefined ? value : layers.background[i]);
      }
      terms[x * TERMS + 6] = a;
    }
    for (let k = 0; k < TERMS; k++) {
      let sum = 0;
      for (let i = 0; i < size; i++) sum += terms[columns[i] * TERMS + k];
      for (let x = 0; x < width; x++) {
        sums[x * TERMS + k] = sum;
        sum += terms[columns[x + size] * TERMS + k] - terms[columns[x] * TERMS + k];
      }
    }
    return sums;
  };
}

function add(sums: Float64Array, row: Float64Array, sign: 1 | -1): void {
  for (let i = 0; i < sums.length; i++) sums[i] += sign * row[i];
}
