import { assertOnly, type NamesOf } from '../assert-options';
import type { RasterImage } from '../contracts';
import { InvalidImageError } from '../errors';
import { type ConnectivityRule, connectivityError } from './connectivity-error';
import { type GradientScale, gradientError } from './gradient-error';
import { preparePair } from './matte-pair';
import { meanSquaredError } from './mse';
import { sumOfAbsoluteDifferences } from './sad';

/** The four errors of the matting literature, lower is better, in the units papers print. */
export interface MatteErrors {
  /** Gradient error, ÷ 1000. */
  readonly grad: number;
  /** Connectivity error, ÷ 1000. */
  readonly conn: number;
  /** Mean squared error, in [0, 1]; some papers print it × 1000. */
  readonly mse: number;
  /** Sum of absolute differences, ÷ 1000. */
  readonly sad: number;
}

export interface MeasureMatteOptions {
  /**
   * 0 = background, 128 = unknown, 255 = foreground (0, 0.5, 1 as floats), the size of the mattes. Other levels are
   * read as `readTrimap` does: below a quarter background, above three quarters foreground, unknown between.
   */
  trimap?: RasterImage;
  /**
   * Pixels that count: those the trimap calls unknown, as in most published tables, or all, as the
   * paper's authors: see `measureOfficially`.
   * Default `'unknown'` when a trimap is given, otherwise `'image'`.
   */
  region?: 'unknown' | 'image';
  /** Which published reading of the connectivity error to follow. Default `'corrected'`. */
  connectivity?: ConnectivityRule;
  /**
   * Scaling before the gradient error: `'full-range'` divides by 255 (Python code), `'matlab'` stretches each
   * matte to [0, 1] by its own minimum and maximum. The same for mattes that reach 0 and 255.
   * Default `'full-range'`.
   */
  gradient?: GradientScale;
  /** Told how many pixels of the trimap were on none of its levels, where there are any. */
  onWarning?: (message: string) => void;
}

const names: NamesOf<MeasureMatteOptions> = {
  trimap: true,
  region: true,
  connectivity: true,
  gradient: true,
  onWarning: true,
};

/**
 * Compares a matte with the true one. Both are rounded to 8 bit first, as all published figures are; 16-bit and float
 * mattes are taken.
 *
 * Mattes that are 0 or 1 everywhere are measured like any other: SAD and MSE mean what they say, Grad sees no edge in
 * them, and Conn is 0 against anything they share no pixel with, because no component is left to be connected to.
 *
 * ```ts
 * import { readMap } from '@latent-matte/backend-node';
 * import { measureMatte } from '@latent-matte/backend-node/evaluate';
 *
 * const trimap = await readMap('trimap.png');
 * const { sad, mse } = measureMatte(await readMap('alpha.png'), await readMap('truth.png'), { trimap });
 * ```
 *
 * @param predicted one channel. @param truth one channel, the same size.
 * @throws InvalidImageError when sizes or channels do not fit, a value is NaN, or the region is empty.
 */
export function measureMatte(
  predicted: RasterImage,
  truth: RasterImage,
  options: MeasureMatteOptions = {},
): MatteErrors {
  assertOnly('measureMatte', options, names);
  const { trimap, region = trimap === undefined ? 'image' : 'unknown' } = options;
  if (region === 'unknown' && trimap === undefined) {
    throw new InvalidImageError(
      "region: 'unknown' was asked for without a trimap.",
      "Pass a trimap, or region: 'image'.",
    );
  }
  const counted = region === 'unknown' ? trimap : undefined;
  const pair = preparePair(predicted, truth, counted, options.onWarning);
  return {
    grad: gradientError(pair, options.gradient === undefined ? {} : { scale: options.gradient }),
    conn: connectivityError(pair, options.connectivity),
    mse: meanSquaredError(pair),
    sad: sumOfAbsoluteDifferences(pair),
  };
}
