/**
 * The weights of the compact generator, its encoder and its discriminator: where each file is. In a package of their own,
 * since a cut-out needs none of them.
 * @module @latent-matte/compact-generator
 */
import { compactEncoder } from './encoder';
import { compactFaceDiscriminator } from './face-discriminator';
import { compactGenerator } from './generator';

export { generatorWeights } from './manifest';
export { compactEncoder, compactFaceDiscriminator, compactGenerator };

/**
 * Where the files are, by the names they are published with: what `useWebBackend` takes as `weightUrls`.
 *
 * ```ts
 * import { loadModel, useWebBackend } from '@latent-matte/backend-web';
 * import { generatorWeightUrls } from '@latent-matte/compact-generator';
 *
 * await useWebBackend({ weightUrls: generatorWeightUrls() });
 * const generator = await loadModel('compact-generator');
 * ```
 */
export const generatorWeightUrls = (): Record<string, URL> => ({
  'compact-generator.safetensors': compactGenerator(),
  'compact-encoder.safetensors': compactEncoder(),
  'compact-face-discriminator.safetensors': compactFaceDiscriminator(),
});
