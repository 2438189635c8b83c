/**
 * Address of the weights of the discriminator of composites.
 *
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { compactDiscriminator } from '@latent-matte/compact';
 * import { parseSafetensors } from '@latent-matte/core/checkpoints';
 *
 * const { tensors } = parseSafetensors(await readFile(compactDiscriminator()));
 * console.log(`${tensors.size} tensors`);
 * ```
 */
export const compactDiscriminator = (): URL =>
  new URL('../weights/compact-discriminator.safetensors', import.meta.url);
