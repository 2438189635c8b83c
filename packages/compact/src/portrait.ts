/**
 * Address of the weights of the portrait network: trimap, matting and matte without a trimap.
 *
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { portrait } from '@latent-matte/compact';
 * import { parseSafetensors } from '@latent-matte/core/checkpoints';
 *
 * const { tensors } = parseSafetensors(await readFile(portrait()));
 * console.log(`${tensors.size} tensors`);
 * ```
 */
export const portrait = (): URL => new URL('../weights/portrait.safetensors', import.meta.url);
