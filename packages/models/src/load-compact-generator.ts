import { parseSafetensors } from '@latent-matte/core/checkpoints';
import { CompactEncoder } from './compact-stylegan2/compact-encoder';
import { CompactGenerator } from './compact-stylegan2/compact-generator';
import { embeddedFile, type LoadOptions, loadBytes } from './embedded-weights';
import {
  createStyleGAN2Discriminator,
  createStyleGAN2Generator,
  type StyleGAN2Discriminator,
} from './stylegan2';

/**
 * The embedded generator, with its encoder. Needs an active backend. The caller disposes it.
 *
 * ```ts
 * import { loadCompactGenerator } from '@latent-matte/models';
 *
 * const network = await loadCompactGenerator();
 * network.dispose();
 * ```
 */
export async function loadCompactGenerator(options: LoadOptions = {}): Promise<CompactGenerator> {
  const encoder = await loadCompactEncoder(options);
  try {
    const name = 'compact-generator';
    const archive = parseSafetensors(await loadBytes(name, options));
    const network = createStyleGAN2Generator(archive, {
      name,
      license: embeddedFile(name).license,
    });
    return new CompactGenerator(network, encoder);
  } catch (error) {
    encoder.dispose();
    throw error;
  }
}

/**
 * The encoder of the embedded generator alone. Needs an active backend. The caller disposes it.
 *
 * ```ts
 * import { loadCompactEncoder } from '@latent-matte/models';
 *
 * const network = await loadCompactEncoder();
 * network.dispose();
 * ```
 */
export async function loadCompactEncoder(options: LoadOptions = {}): Promise<CompactEncoder> {
  const name = 'compact-encoder';
  const archive = parseSafetensors(await loadBytes(name, options));
  return new CompactEncoder(archive, { name, license: embeddedFile(name).license });
}

/**
 * The discriminator that the embedded generator was trained against: the judge of L_ca as in the paper, which takes
 * that of its StyleGAN2. Needs an active backend. The caller disposes it.
 *
 * ```ts
 * import { loadCompactFaceDiscriminator } from '@latent-matte/models';
 *
 * const network = await loadCompactFaceDiscriminator();
 * network.dispose();
 * ```
 */
export async function loadCompactFaceDiscriminator(
  options: LoadOptions = {},
): Promise<StyleGAN2Discriminator> {
  const name = 'compact-face-discriminator';
  const archive = parseSafetensors(await loadBytes(name, options));
  return createStyleGAN2Discriminator(archive, { name, license: embeddedFile(name).license });
}
