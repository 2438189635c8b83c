import { parseSafetensors, type WeightArchive } from '@latent-matte/core/checkpoints';
import type { LoadOptions } from '../embedded-weights';
import {
  PortraitMatte,
  PortraitMatting,
  type PortraitOptions,
  PortraitTrimap,
  type TrainablePortraitOptions,
} from './models';

/** The content of the one file of all three models, verified. */
export type ReadPortraitWeights = (options: LoadOptions) => Promise<Uint8Array>;

/** Each needs an active backend; the caller disposes the model. */
export interface PortraitLoaders {
  /** The network as a trimap model. */
  trimap(options?: LoadOptions & PortraitOptions): Promise<PortraitTrimap>;
  /** As a matting model that is given a trimap. */
  matting(options?: LoadOptions & TrainablePortraitOptions): Promise<PortraitMatting>;
  /** As a matting model without a trimap. */
  matte(options?: LoadOptions & TrainablePortraitOptions): Promise<PortraitMatte>;
}

/**
 * Loaders over one file, which is read once for all models that are alive at a time: they share the network.
 *
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { portrait } from '@latent-matte/compact';
 * import { portraitLoaders } from '@latent-matte/models';
 *
 * const matting = await portraitLoaders(() => readFile(portrait())).matte();
 * matting.dispose();
 * ```
 */
export function portraitLoaders(read: ReadPortraitWeights): PortraitLoaders {
  // Not kept alive here: the models hold it.
  let held: WeakRef<WeightArchive> | undefined;
  let reading: Promise<WeightArchive> | undefined;
  const archive = async (options: LoadOptions): Promise<WeightArchive> => {
    const alive = held?.deref();
    if (alive !== undefined) return alive;
    reading ??= read(options).then(parseSafetensors);
    try {
      const opened = await reading;
      held = new WeakRef(opened);
      return opened;
    } finally {
      reading = undefined;
    }
  };
  return {
    trimap: async (options = {}) => new PortraitTrimap(await archive(options), options),
    matting: async (options = {}) => new PortraitMatting(await archive(options), options),
    matte: async (options = {}) => new PortraitMatte(await archive(options), options),
  };
}
