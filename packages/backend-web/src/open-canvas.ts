import { BackendError, ImageTooLargeError } from '@latent-matte/core/caller';

/**
 * A canvas off the page with sRGB pixels, kept in main memory.
 *
 * @throws BackendError the browser has no OffscreenCanvas
 * @throws ImageTooLargeError the browser has no canvas of that size
 */
export function openCanvas(
  width: number,
  height: number,
): { canvas: OffscreenCanvas; context: OffscreenCanvasRenderingContext2D } {
  if (typeof OffscreenCanvas === 'undefined') {
    throw new BackendError(
      'This browser has no OffscreenCanvas.',
      'Use Chrome 69, Firefox 105, Safari 16.4 or later.',
    );
  }
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { willReadFrequently: true, colorSpace: 'srgb' });
  if (context === null) {
    throw new ImageTooLargeError(
      `This browser has no canvas of ${width}×${height} pixels.`,
      'Scale the picture down first.',
    );
  }
  return { canvas, context };
}
