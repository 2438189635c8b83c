import type {
  CutOut,
  Enhancement,
  EnhancementStep,
  EnhanceOptions,
  FloatImage,
  MatteOptions,
  MatteResult,
  RasterImage,
  RefineMatteOptions,
} from '@latent-matte/core';
import { BackendError, drainSteps, longAnswer, longCall } from '@latent-matte/core/caller';
import type { PictureSource } from '../cut-out/picture-source';
import {
  shownCutOut,
  shownMatte,
  type WebCutOut,
  type WebCutOutOptions,
  type WebMatte,
} from '../cut-out/shown';

// Options are checked in the worker, by the functions of core that these stand for.

const notHere = async (): Promise<never> => {
  throw new BackendError(
    'No worker computes for this page.',
    "Call `await useWebBackend()` of '@latent-matte/backend-web/page' first.",
  );
};

/** `cutOut` of `@latent-matte/backend-web`, in the worker. */
export async function cutOut(
  photo: PictureSource,
  options: WebCutOutOptions = {},
): Promise<WebCutOut> {
  return await shownCutOut(
    (image, given) => longAnswer<CutOut>('cutOut', [image, given], notHere),
    photo,
    options,
  );
}

/** `matte` of `@latent-matte/backend-web`, in the worker. */
export async function matte(photo: PictureSource, options: MatteOptions = {}): Promise<WebMatte> {
  return await shownMatte(
    (image, given) => longAnswer<MatteResult>('matte', [image, given], notHere),
    photo,
    options,
  );
}

/** `preload` of `@latent-matte/backend-web`, in the worker. */
export async function preload(options: MatteOptions = {}): Promise<void> {
  await longAnswer<void>('preload', [options], notHere);
}

/** `enhancePortrait` of `@latent-matte/backend-web`, in the worker. */
export async function enhancePortrait(
  image: RasterImage,
  options: EnhanceOptions = {},
): Promise<Enhancement> {
  const steps = longCall<EnhancementStep, Enhancement>('enhancePortrait', [image, options], () =>
    nothingHere(),
  );
  return await drainSteps(steps, options.onProgress);
}

/** `refineMatte` of `@latent-matte/backend-web`, in the worker. */
export async function refineMatte(
  image: RasterImage,
  alpha: RasterImage,
  trimap: RasterImage,
  options: RefineMatteOptions = {},
): Promise<FloatImage> {
  return await longAnswer('refineMatte', [image, alpha, trimap, options], notHere);
}

async function* nothingHere(): AsyncGenerator<never, never, void> {
  yield* [];
  return await notHere();
}
