import type { RasterImage } from '../contracts';
import { InvalidImageError } from '../errors';
import { fullScale } from '../imaging/full-scale';
import { assertRaster, assertSameSize } from '../imaging/raster';

// Structural similarity (Wang et al., "Image Quality Assessment", IEEE TIP 2004), per 11×11 Gaussian window:
//
//   SSIM = (2 μa μb + C1)(2 σab + C2) / ((μa² + μb² + C1)(σa² + σb² + C2))
//
// σ = 1.5, C1 = 0.01², C2 = 0.03², values in [0, 1]; the mean over all windows that lie inside the picture.

const SIZE = 11;
const C1 = 0.01 ** 2;
const C2 = 0.03 ** 2;

const unnormalized = Array.from({ length: SIZE }, (_, i) =>
  Math.exp(-((i - 5) ** 2) / (2 * 1.5 ** 2)),
);
const total = unnormalized.reduce((sum, value) => sum + value, 0);
const window = Float64Array.from(unnormalized, (value) => value / total);

/** Row `y` of the luma (ITU-R BT.601) in [0, 1]. */
function readLuma(image: RasterImage, y: number, row: Float64Array): void {
  const { width, channels, data } = image;
  const scale = 1 / fullScale(image);
  for (let x = 0; x < width; x++) {
    const i = (y * width + x) * channels;
    row[x] =
      channels === 1
        ? data[i]! * scale
        : (0.299 * data[i]! + 0.587 * data[i + 1]! + 0.114 * data[i + 2]!) * scale;
  }
}

/** The five quantities whose window means SSIM needs, for one row. */
interface Moments {
  readonly a: Float64Array;
  readonly b: Float64Array;
  readonly aa: Float64Array;
  readonly bb: Float64Array;
  readonly ab: Float64Array;
}

function createMoments(width: number): Moments {
  const row = () => new Float64Array(width);
  return { a: row(), b: row(), aa: row(), bb: row(), ab: row() };
}

/** Horizontal pass: window means of a, b, a², b² and ab along one row. */
function filterRow(a: Float64Array, b: Float64Array, into: Moments): void {
  for (let x = 0; x < into.a.length; x++) {
    let sumA = 0;
    let sumB = 0;
    let sumAA = 0;
    let sumBB = 0;
    let sumAB = 0;
    for (let k = 0; k < SIZE; k++) {
      const p = a[x + k]!;
      const q = b[x + k]!;
      const wp = window[k]! * p;
      const wq = window[k]! * q;
      sumA += wp;
      sumB += wq;
      sumAA += wp * p;
      sumBB += wq * q;
      sumAB += wp * q;
    }
    into.a[x] = sumA;
    into.b[x] = sumB;
    into.aa[x] = sumAA;
    into.bb[x] = sumBB;
    into.ab[x] = sumAB;
  }
}

/** Vertical pass and sum of SSIM over one row of windows; `rows` may be in ring order, row `first` on top. */
function sumRow(rows: readonly Moments[], first: number, means: Moments): number {
  const quantities = ['a', 'b', 'aa', 'bb', 'ab'] as const;
  for (const quantity of quantities) {
    const mean = means[quantity].fill(0);
    for (let k = 0; k < SIZE; k++) {
      const row = rows[(first + k) % SIZE]![quantity];
      const weight = window[k]!;
      for (let x = 0; x < mean.length; x++) mean[x] = mean[x]! + weight * row[x]!;
    }
  }
  const { a, b, aa, bb, ab } = means;
  let sum = 0;
  for (let x = 0; x < a.length; x++) {
    const squareA = a[x]! * a[x]!;
    const squareB = b[x]! * b[x]!;
    const product = a[x]! * b[x]!;
    sum +=
      ((2 * product + C1) * (2 * (ab[x]! - product) + C2)) /
      ((squareA + squareB + C1) * (aa[x]! - squareA + (bb[x]! - squareB) + C2));
  }
  return sum;
}

/**
 * Structural similarity of the luma of two pictures, in [−1, 1]; 1 for equal pictures.
 *
 * ```ts
 * import { enhancePortrait } from '@latent-matte/core';
 * import { ssim } from '@latent-matte/core/evaluate';
 *
 * const { portrait } = await enhancePortrait(photo);
 * console.log(ssim(photo, portrait).toFixed(4));
 * ```
 *
 * @throws InvalidImageError when the sizes differ, a side is below 11 pixels, or a value is NaN.
 */
export function ssim(a: RasterImage, b: RasterImage): number {
  assertRaster(a, 'The first picture');
  assertRaster(b, 'The second picture');
  assertSameSize(a, 'first picture', b, 'second picture');
  const { width, height } = a;
  if (width < SIZE || height < SIZE) {
    throw new InvalidImageError(
      `The pictures are ${width}×${height}; SSIM looks at windows of ${SIZE}×${SIZE}.`,
      'Pass larger pictures.',
    );
  }
  const columns = width - SIZE + 1;
  const lumaA = new Float64Array(width);
  const lumaB = new Float64Array(width);
  const ring = Array.from({ length: SIZE }, () => createMoments(columns));
  const means = createMoments(columns);
  let sum = 0;
  for (let y = 0; y < height; y++) {
    readLuma(a, y, lumaA);
    readLuma(b, y, lumaB);
    filterRow(lumaA, lumaB, ring[y % SIZE]!);
    if (y >= SIZE - 1) sum += sumRow(ring, y - SIZE + 1, means);
  }
  return sum / (columns * (height - SIZE + 1));
}
