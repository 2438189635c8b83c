import type { WeightArchive } from '@latent-matte/core/checkpoints';
import { hashValues } from '@latent-matte/test-kit/hash-values';
import { archiveOf, wantedShapes } from '@latent-matte/test-kit/random-archive';
import { countOf } from '../count-of';
import { portraitNetwork } from '../portrait/network';

/** What makes the network expect a prior of its own. */
const OWN_PRIOR = { 'prior.stem.weight': [3, 3, 3, 16] } as const;

/**
 * Weights of the portrait network that need no file, as fixtures/make-portrait.py makes them: activations neither vanish
 * nor explode, and alpha stays away from 0 and 1. A new archive every time: models of one archive share their network.
 *
 * @param options.prior with the segmenter whose answer the network hears. Default false
 */
export function hashedPortrait({ prior = false }: { prior?: boolean } = {}): WeightArchive {
  const shapes = wantedShapes(portraitNetwork, prior ? OWN_PRIOR : {});
  return archiveOf(
    Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => {
        // HWIO, and HWC1 where each channel has its own filter.
        const fanIn = countOf(
          name.endsWith('depthwise.weight') ? shape.slice(0, 2) : shape.slice(0, 3),
        );
        const halfRange = shape.length === 1 ? 0.1 : Math.sqrt(4 / fanIn);
        return [name, [shape, hashValues(name, countOf(shape), halfRange, 0)] as const];
      }),
    ),
  );
}
