import { createHash } from 'node:crypto';
import { readImage } from '@latent-matte/backend-node';
import type { RasterImage } from '@latent-matte/core';

/** Pictures for L_ca, with what a run remembers of them. */
export interface RunBackgrounds {
  readonly images: readonly RasterImage[];
  /** Lower-case hex SHA-256 of the size and the decoded pixels of each. */
  readonly sha256: readonly string[];
}

/**
 * Reads the backgrounds of a run.
 *
 * ```ts
 * import { readBackgrounds, runSettings } from '@latent-matte/pairs';
 *
 * const backgrounds = await readBackgrounds(['beach.jpg', 'office.jpg']);
 * const settings = await runSettings({ generator: 'compact-generator', seed: 7 }, 'wasm', {}, backgrounds);
 * ```
 *
 * @param paths in their order, which counts
 * @throws InvalidImageError, ImageTooLargeError
 */
export async function readBackgrounds(paths: readonly string[]): Promise<RunBackgrounds> {
  const images: RasterImage[] = [];
  for (const path of paths) images.push(await readImage(path));
  return { images, sha256: images.map(hashOfPixels) };
}

function hashOfPixels({ width, height, channels, data }: RasterImage): string {
  const { buffer, byteOffset, byteLength } = data;
  return createHash('sha256')
    .update(`${width}×${height}×${channels}`)
    .update(new Uint8Array(buffer, byteOffset, byteLength))
    .digest('hex');
}
