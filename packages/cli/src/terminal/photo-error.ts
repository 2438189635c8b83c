import { LatentMatteError } from '@latent-matte/backend-node';
import type { LatentMatteErrorCode } from '@latent-matte/backend-node/core';

const codes: ReadonlySet<LatentMatteErrorCode> = new Set<LatentMatteErrorCode>([
  'INVALID_IMAGE',
  'IMAGE_TOO_SMALL',
  'IMAGE_TOO_LARGE',
  'NO_PERSON',
]);

/** An error of one photo; the others may still work. */
export const isPhotoError = (error: unknown): error is LatentMatteError =>
  LatentMatteError.isInstance(error) && codes.has(error.code);
