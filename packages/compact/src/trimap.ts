/**
 * Address of the weights of the trimap network; also those of the perceptual model.
 *
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { compactTrimap } from '@latent-matte/compact';
 * import { parseSafetensors } from '@latent-matte/core/checkpoints';
 *
 * const { tensors } = parseSafetensors(await readFile(compactTrimap()));
 * console.log(`${tensors.size} tensors`);
 * ```
 */
export const compactTrimap = (): URL =>
  new URL('../weights/compact-trimap.safetensors', import.meta.url);
