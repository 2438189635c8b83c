import { assignWeights, parseSafetensors } from '@latent-matte/core/checkpoints';
import {
  CompactDiscriminator,
  CompactMatting,
  CompactPerceptual,
  CompactTrimap,
  type WeightValues,
} from './compact/compact-models';
import {
  discriminatorNetwork,
  mattingNetwork,
  type NetworkDefinition,
  trimapNetwork,
} from './compact/networks';
import { type EmbeddedFileId, type LoadOptions, loadBytes } from './embedded-weights';

async function loadValues(
  id: EmbeddedFileId,
  network: NetworkDefinition,
  options: LoadOptions,
): Promise<WeightValues> {
  const bytes = await loadBytes(id, options);
  const shapes = Object.fromEntries(
    Object.entries(network.parameters).map(([name, { shape }]) => [name, shape]),
  );
  return assignWeights(parseSafetensors(bytes), shapes, network.name);
}

/**
 * The embedded trimap network. Needs an active backend. The caller disposes it.
 *
 * ```ts
 * import { loadCompactTrimap } from '@latent-matte/models';
 *
 * const network = await loadCompactTrimap();
 * network.dispose();
 * ```
 */
export async function loadCompactTrimap(options: LoadOptions = {}): Promise<CompactTrimap> {
  return new CompactTrimap(await loadValues('compact-trimap', trimapNetwork, options));
}

/**
 * The embedded matting network. Needs an active backend. The caller disposes it.
 *
 * ```ts
 * import { loadCompactMatting } from '@latent-matte/models';
 *
 * const network = await loadCompactMatting();
 * network.dispose();
 * ```
 */
export async function loadCompactMatting(
  options: LoadOptions & { trainable?: boolean } = {},
): Promise<CompactMatting> {
  return new CompactMatting(await loadValues('compact-matting', mattingNetwork, options), options);
}

/**
 * The embedded discriminator. Needs an active backend. The caller disposes it.
 *
 * ```ts
 * import { loadCompactDiscriminator } from '@latent-matte/models';
 *
 * const network = await loadCompactDiscriminator();
 * network.dispose();
 * ```
 */
export async function loadCompactDiscriminator(
  options: LoadOptions = {},
): Promise<CompactDiscriminator> {
  return new CompactDiscriminator(
    await loadValues('compact-discriminator', discriminatorNetwork, options),
  );
}

/**
 * Features of the embedded trimap network. Needs an active backend. The caller disposes it.
 *
 * ```ts
 * import { loadCompactPerceptual } from '@latent-matte/models';
 *
 * const network = await loadCompactPerceptual();
 * network.dispose();
 * ```
 */
export async function loadCompactPerceptual(options: LoadOptions = {}): Promise<CompactPerceptual> {
  return new CompactPerceptual(await loadValues('compact-trimap', trimapNetwork, options));
}
