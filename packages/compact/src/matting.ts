/**
 * Address of the weights of the matting network.
 *
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { compactMatting } from '@latent-matte/compact';
 * import { parseSafetensors } from '@latent-matte/core/checkpoints';
 *
 * const { tensors } = parseSafetensors(await readFile(compactMatting()));
 * console.log(`${tensors.size} tensors`);
 * ```
 */
export const compactMatting = (): URL =>
  new URL('../weights/compact-matting.safetensors', import.meta.url);
