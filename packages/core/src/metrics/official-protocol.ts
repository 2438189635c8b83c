import type { FloatImage, RasterImage } from '../contracts';
import { resizeImage } from '../imaging/resampled-rows';
import type { Size } from '../ops/padding';
import { connectivityError } from './connectivity-error';
import { stretchedDifference, wrappedDifference } from './difference';
import { type GradientErrorOptions, gradientError } from './gradient-error';
import { scipyKernel } from './gradient-kernel';
import { preparePair } from './matte-pair';
import type { MatteErrors } from './measure-matte';
import { meanSquaredError } from './mse';
import { sumOfAbsoluteDifferences } from './sad';

// The protocol of the paper's authors (cnnlstm/StyleGAN_Matting, evaluate.py as main.py calls it): every pixel counts,
// at the size of the truth; SAD and Conn ÷ 1000, MSE a mean, Grad ÷ 10 with SciPy's kernel.
//
// The code means to stretch both mattes to 0 … 255 by their own range. It is given bytes, and the result of
// cv.normalize goes into a new array that is thrown away: only Conn, which writes into its own bytes, stretches. In SAD
// and MSE the difference of bytes wraps around: p one level below g counts as 255/255.

/** The four errors in each reading of the authors' protocol. */
export interface OfficialErrors {
  /** What their code prints. A matte one level too low counts as one that is wrong altogether. */
  readonly asRun: MatteErrors;
  /** What their code means: both mattes stretched, nothing wraps. */
  readonly asIntended: MatteErrors;
  /** Over the same pixels in the same units, neither stretched nor wrapped: the figures that say something. */
  readonly plain: MatteErrors;
}

const OFFICIAL: GradientErrorOptions = { kernel: scipyKernel, divisor: 10 };

/**
 * Compares a matte with the true one as the paper's authors do.
 *
 * ```ts
 * import { matte } from '@latent-matte/core';
 * import { measureOfficially } from '@latent-matte/core/evaluate';
 *
 * const { alpha } = await matte(photo);
 * console.log(measureOfficially(alpha, truth));
 * ```
 *
 * @param predicted one channel; {@link officialMatte} makes their bytes of an alpha
 * @param truth one channel, the same size
 * @throws InvalidImageError when sizes or channels do not fit, or a value is NaN
 */
export function measureOfficially(predicted: RasterImage, truth: RasterImage): OfficialErrors {
  const pair = preparePair(predicted, truth, undefined);
  const stretched = stretchedDifference(pair);
  const grad = gradientError(pair, OFFICIAL);
  return {
    asRun: {
      grad,
      conn: connectivityError(pair, 'corrected', 'stretched-bytes'),
      mse: meanSquaredError(pair, wrappedDifference),
      sad: sumOfAbsoluteDifferences(pair, wrappedDifference),
    },
    asIntended: {
      grad: gradientError(pair, { ...OFFICIAL, scale: 'matlab' }),
      conn: connectivityError(pair, 'corrected', 'stretched'),
      mse: meanSquaredError(pair, stretched),
      sad: sumOfAbsoluteDifferences(pair, stretched),
    },
    plain: {
      grad,
      conn: connectivityError(pair),
      mse: meanSquaredError(pair),
      sad: sumOfAbsoluteDifferences(pair),
    },
  };
}

/**
 * The 8-bit matte that the authors measure: alpha, known pixels already overwritten, resized to the size of the truth
 * (OpenCV's `INTER_CUBIC`), clipped, and **truncated** to bytes, so that a 1 may come out as 254.
 *
 * ```ts
 * import { officialMatte } from '@latent-matte/core/evaluate';
 *
 * const { data } = officialMatte(alpha, [truth.height, truth.width]);
 * ```
 *
 * @param alpha one channel; bicubic enlarging may have left values beyond [0, 1]
 * @param size `[height, width]` of the truth
 */
export function officialMatte(
  alpha: FloatImage,
  size: Size,
): RasterImage & { readonly data: Uint8Array } {
  const { width, height, data } = resizeImage(alpha, size, 'bicubic');
  const bytes = new Uint8Array(
    data.map((value) => Math.floor(Math.fround(Math.min(1, Math.max(0, value)) * 255))),
  );
  return { width, height, channels: 1, data: bytes };
}
