/**
 * Address of the weights of the discriminator that the generator was trained against.
 *
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { compactFaceDiscriminator } from '@latent-matte/compact-generator';
 * import { parseSafetensors } from '@latent-matte/core/checkpoints';
 *
 * const { tensors } = parseSafetensors(await readFile(compactFaceDiscriminator()));
 * console.log(`${tensors.size} tensors`);
 * ```
 */
export const compactFaceDiscriminator = (): URL =>
  new URL('../weights/compact-face-discriminator.safetensors', import.meta.url);
