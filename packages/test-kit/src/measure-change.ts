import { colorDifference, labOfLevels } from '@latent-matte/core/internals';

/** How far a picture moved from another, both written as 8 bits, measured the plain and slow way. */
export interface MeasuredChange {
  /** Largest shift of the mean of an 8×8 block at any place, over all channels, levels of 255. */
  readonly block: number;
  /** Largest CIEDE2000 difference of a pixel. */
  readonly color: number;
  /** dB. */
  readonly psnr: number;
}

/** @param base interleaved RGB in [0, 1], as `changed` */
export function measureChange(
  base: Float32Array,
  changed: Float32Array,
  width: number,
  height: number,
): MeasuredChange {
  const bytes = (x: Float32Array) => Uint8ClampedArray.from(x, (value) => value * 255);
  const [a, b] = [bytes(base), bytes(changed)];
  let color = 0;
  for (let i = 0; i < a.length; i += 3) {
    const lab = (x: Uint8ClampedArray) => labOfLevels(x[i]!, x[i + 1]!, x[i + 2]!);
    color = Math.max(color, colorDifference(lab(a), lab(b)));
  }
  let block = 0;
  for (let top = 0; top + 8 <= height; top++) {
    for (let left = 0; left + 8 <= width; left++) {
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        for (let y = top; y < top + 8; y++) {
          for (let x = left; x < left + 8; x++) {
            const i = (y * width + x) * 3 + c;
            sum += b[i]! - a[i]!;
          }
        }
        block = Math.max(block, Math.abs(sum) / 64);
      }
    }
  }
  const square = a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0) / a.length;
  return { block, color, psnr: -10 * Math.log10(square / 255 ** 2) };
}
