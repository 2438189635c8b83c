/**
 * Address of the weights of the generator.
 *
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { compactGenerator } from '@latent-matte/compact-generator';
 * import { parseSafetensors } from '@latent-matte/core/checkpoints';
 *
 * const { tensors } = parseSafetensors(await readFile(compactGenerator()));
 * console.log(`${tensors.size} tensors`);
 * ```
 */
export const compactGenerator = (): URL =>
  new URL('../weights/compact-generator.safetensors', import.meta.url);
