import { readImage } from '@latent-matte/backend-node';
import type { EnhanceRequest } from '@latent-matte/backend-node/core';
import { searchOptions } from '@latent-matte/core/options';
import { consulted, type EnhanceFlags } from '../flags/search-flags';
import { givenOptions } from '../flags/table-flags';

/**
 * Command line flags as options of `enhancePortrait`, flat; flags that were not given stay absent.
 *
 * @param backgrounds paths of pictures for the compositional loss
 */
export async function enhanceRequest(
  flags: EnhanceFlags,
  backgrounds: readonly string[],
): Promise<EnhanceRequest> {
  const pictures = await Promise.all(backgrounds.map((path) => readImage(path)));
  const { preset } = flags;
  return {
    ...givenOptions(searchOptions, flags),
    ...givenOptions(consulted, flags, ['judges']),
    ...(preset !== undefined && { preset }),
    ...(pictures.length > 0 && { backgrounds: pictures }),
  };
}
