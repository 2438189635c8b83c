/**
 * Address of the weights of the encoder of the generator.
 *
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { compactEncoder } from '@latent-matte/compact-generator';
 * import { parseSafetensors } from '@latent-matte/core/checkpoints';
 *
 * const { tensors } = parseSafetensors(await readFile(compactEncoder()));
 * console.log(`${tensors.size} tensors`);
 * ```
 */
export const compactEncoder = (): URL =>
  new URL('../weights/compact-encoder.safetensors', import.meta.url);
