/** Table K.1 of the JPEG standard: quantisation of luminance, row by row. */
const LUMINANCE = [
  16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56,
  14, 17, 22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113,
  92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
];
/** Table K.2: chrominance. */
const CHROMINANCE = [
  17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99,
  47, 66, 99, 99, 99, 99, 99, 99,
].concat(Array(32).fill(99));

/** Orthonormal DCT-II: BASIS[u * 8 + x] = c(u) cos((2x + 1) u π / 16). */
const BASIS = Float32Array.from({ length: 64 }, (_, i) => {
  const [u, x] = [i >> 3, i & 7];
  return Math.sqrt(u === 0 ? 1 / 8 : 1 / 4) * Math.cos(((2 * x + 1) * u * Math.PI) / 16);
});

/**
 * What baseline JPEG without chroma subsampling does to a picture: 8×8 cosine transforms of YCbCr, rounded to multiples
 * of the standard tables. In place; blocks that the border cuts are left alone.
 *
 * ```ts
 * import { addJpegArtefacts } from '@latent-matte/core/fine-tune';
 *
 * const pixels = new Float32Array(64 * 64 * 3).fill(0.5);
 * addJpegArtefacts(pixels, 64, 64, 60);
 * ```
 *
 * @param image interleaved RGB in [0, 1]
 * @param quality 1 to 100, on the scale of libjpeg
 */
export function addJpegArtefacts(
  image: Float32Array,
  width: number,
  height: number,
  quality: number,
): void {
  const percent = quality < 50 ? 5000 / quality : 200 - 2 * quality;
  const scaled = (table: readonly number[]) =>
    table.map((step) => Math.min(255, Math.max(1, Math.floor((step * percent + 50) / 100))));
  const tables = [scaled(LUMINANCE), scaled(CHROMINANCE), scaled(CHROMINANCE)];
  const planes = [new Float32Array(64), new Float32Array(64), new Float32Array(64)];
  const [y, cb, cr] = planes;
  for (let top = 0; top + 8 <= height; top += 8) {
    for (let left = 0; left + 8 <= width; left += 8) {
      for (let i = 0; i < 64; i++) {
        const at = ((top + (i >> 3)) * width + left + (i & 7)) * 3;
        const [r, g, b] = [image[at] * 255, image[at + 1] * 255, image[at + 2] * 255];
        y[i] = 0.299 * r + 0.587 * g + 0.114 * b - 128;
        cb[i] = -0.168736 * r - 0.331264 * g + 0.5 * b;
        cr[i] = 0.5 * r - 0.418688 * g - 0.081312 * b;
      }
      planes.forEach((plane, i) => {
        quantizeBlock(plane, tables[i]);
      });
      for (let i = 0; i < 64; i++) {
        const at = ((top + (i >> 3)) * width + left + (i & 7)) * 3;
        const level = y[i] + 128;
        image[at] = unit(level + 1.402 * cr[i]);
        image[at + 1] = unit(level - 0.344136 * cb[i] - 0.714136 * cr[i]);
        image[at + 2] = unit(level + 1.772 * cb[i]);
      }
    }
  }
}

const unit = (value: number): number => (value <= 0 ? 0 : value >= 255 ? 1 : value / 255);

const half = new Float32Array(64);

/** B ← Cᵀ round(C B Cᵀ / Q) Q C. */
function quantizeBlock(block: Float32Array, table: readonly number[]): void {
  transform(block, half, false);
  transform(half, block, false);
  // Two transposing passes leave the block upright.
  for (let i = 0; i < 64; i++) block[i] = Math.round(block[i] / table[i]) * table[i];
  transform(block, half, true);
  transform(half, block, true);
}

/** One dimension, written transposed. */
function transform(from: Float32Array, to: Float32Array, inverse: boolean): void {
  for (let row = 0; row < 8; row++) {
    for (let k = 0; k < 8; k++) {
      let sum = 0;
      for (let i = 0; i < 8; i++) {
        sum += from[row * 8 + i] * (inverse ? BASIS[i * 8 + k] : BASIS[k * 8 + i]);
      }
      to[k * 8 + row] = sum;
    }
  }
}
