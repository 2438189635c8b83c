import type { FloatImage, RasterImage } from '@latent-matte/backend-node';
import {
  type MatteErrors,
  measureMatte,
  measureOfficially,
  officialMatte,
} from '@latent-matte/backend-node/evaluate';

/** One matte against the truth, in the authors' protocol and in ours. */
export interface ProtocolErrors {
  /** What their code prints: differences of bytes wrap around in SAD and MSE. */
  readonly asRun: MatteErrors;
  /** What their code means. */
  readonly asIntended: MatteErrors;
  /** The same pixels and units without either: the right values. */
  readonly plain: MatteErrors;
  /** Ours: the unknown region of the given trimap, Grad ÷ 1000; absent without a trimap. */
  readonly unknown?: MatteErrors;
}

/** The readings of {@link ProtocolErrors}, in the order of tables. */
export const readings = ['asRun', 'asIntended', 'plain', 'unknown'] as const;

/**
 * @param alpha at the size of the networks, or of the source
 * @param truth one channel
 * @param trimap of the size of the truth
 */
export function measureProtocol(
  alpha: FloatImage,
  truth: RasterImage,
  trimap: RasterImage | undefined,
): ProtocolErrors {
  const matte = officialMatte(alpha, [truth.height, truth.width]);
  return {
    ...measureOfficially(matte, truth),
    ...(trimap !== undefined && { unknown: measureMatte(matte, truth, { trimap }) }),
  };
}
