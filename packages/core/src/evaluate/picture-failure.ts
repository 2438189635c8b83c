import { LatentMatteError, type LatentMatteErrorCode } from '../errors';
import type { EvaluationFailure } from './types';

/** Errors of one picture; the others may still work. */
const perPicture: ReadonlySet<LatentMatteErrorCode> = new Set<LatentMatteErrorCode>([
  'INVALID_IMAGE',
  'IMAGE_TOO_SMALL',
  'IMAGE_TOO_LARGE',
  'NO_PERSON',
  'MODEL_OUTPUT',
  'DATASET',
]);

/**
 * An error that concerns one picture as a failure to list; undefined for those that concern every picture.
 *
 * ```ts
 * import { evaluateMatting, pictureFailure } from '@latent-matte/core/evaluate';
 *
 * try {
 *   await evaluateMatting(samples);
 * } catch (error) {
 *   // Undefined where the error is no fault of one picture.
 *   console.log(pictureFailure('p001', error));
 * }
 * ```
 */
export function pictureFailure(name: string, error: unknown): EvaluationFailure | undefined {
  if (!LatentMatteError.isInstance(error) || !perPicture.has(error.code)) return undefined;
  return { name, code: error.code, message: error.message };
}
