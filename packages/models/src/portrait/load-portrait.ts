import { parseSafetensors, type WeightArchive } from '@latent-matte/core';
import { type LoadOptions, loadBytes } from '../embedded-weights';
import {
  PortraitMatte,
  PortraitMatting,
  type PortraitOptions,
  PortraitTrimap,
  type TrainablePortraitOptions,
} from './models';

/** Id of the weight file of all three models in the manifest. */
export const PORTRAIT_WEIGHTS = 'portrait';

/** The file that was read last, for as long as a model made from it is alive. */
let held: WeakRef<WeightArchive> | undefined;
let reading: Promise<WeightArchive> | undefined;

/** One file for all models that are alive at a time, so that they share the network (see `leaseNetwork`). */
async function embeddedArchive(options: LoadOptions): Promise<WeightArchive> {
  const archive = held?.deref();
  if (archive !== undefined) return archive;
  reading ??= loadBytes(PORTRAIT_WEIGHTS, options).then(parseSafetensors);
  try {
    const read = await reading;
    held = new WeakRef(read);
    return read;
  } finally {
    reading = undefined;
  }
}

/** The embedded network as a trimap model. Needs an active backend. The caller disposes it. */
export async function loadPortraitTrimap(
  options: LoadOptions & PortraitOptions = {},
): Promise<PortraitTrimap> {
  return new PortraitTrimap(await embeddedArchive(options), options);
}

/** The embedded network as a matting model with a trimap. Needs an active backend. The caller disposes it. */
export async function loadPortraitMatting(
  options: LoadOptions & TrainablePortraitOptions = {},
): Promise<PortraitMatting> {
  return new PortraitMatting(await embeddedArchive(options), options);
}

/** The embedded network as a matting model without trimap. Needs an active backend. The caller disposes it. */
export async function loadPortraitMatte(
  options: LoadOptions & TrainablePortraitOptions = {},
): Promise<PortraitMatte> {
  return new PortraitMatte(await embeddedArchive(options), options);
}
