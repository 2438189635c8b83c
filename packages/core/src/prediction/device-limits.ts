import { ImageTooLargeError } from '../errors';
import { megapixels } from '../imaging/megapixels';
import { backendInUse } from '../registry';

type Size = readonly [height: number, width: number];

/**
 * Refuses a source that the device has no room for, before anything is allocated for it.
 * @throws ImageTooLargeError
 */
export function assertSourceFits([height, width]: Size): void {
  const backend = backendInUse();
  const limit = backend?.limits.maxSourcePixels ?? Number.POSITIVE_INFINITY;
  if (height * width <= limit) return;
  throw new ImageTooLargeError(
    `The image is ${width}×${height}, ${megapixels(width * height)} megapixels; the device "${backend?.device}" holds ${megapixels(limit)}.`,
    'Scale it down, or use another device.',
  );
}

/**
 * Refuses a working portrait that the device cannot optimise, before the generator is made.
 * @throws ImageTooLargeError
 */
export function assertWorkingSizeFits([height, width]: Size): void {
  const backend = backendInUse();
  const limit = backend?.limits.maxPixels ?? Number.POSITIVE_INFINITY;
  if (height * width <= limit) return;
  throw new ImageTooLargeError(
    `A working portrait of ${width}×${height} pixels is too large for the device "${backend?.device}".`,
    `Use a workingSize of at most ${Math.max(64, Math.floor(Math.sqrt(limit) / 32) * 32)}, a smaller generator, or another device.`,
  );
}
