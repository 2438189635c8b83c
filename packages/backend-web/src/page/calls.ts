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
  WorkOptions,
} from '@latent-matte/core';
import { BackendError, drainSteps, longAnswer, longCall } from '@latent-matte/core/caller';
import { decodedPicture, type PictureSource } from '../cut-out/picture-source';
import {
  shownCutOut,
  shownMatte,
  type WebCutOut,
  type WebCutOutOptions,
  type WebMatte,
} from '../cut-out/shown';
import { shownEnhancement, type WebEnhancement } from '../cut-out/shown-enhancement';

// Options are checked in the worker, by the functions of core that these stand for.

const notHere = async (): Promise<never> => {
  throw new BackendError(
    'No worker computes for this page.',
    "Call `await useWebBackend()` of '@latent-matte/backend-web/page' first.",
  );
};

/**
 * `cutOut` of `@latent-matte/backend-web`, in the worker.
 *
 * ```ts
 * import { cutOut, useWebBackend } from '@latent-matte/backend-web/page';
 *
 * await useWebBackend();
 * const person = await cutOut(input.files![0], { background: '#fff' });
 * image.src = URL.createObjectURL(await person.toBlob());
 * ```
 */
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

/**
 * `matte` of `@latent-matte/backend-web`, in the worker.
 *
 * ```ts
 * import { matte, useWebBackend } from '@latent-matte/backend-web/page';
 *
 * await useWebBackend();
 * const { alpha, confidence } = await matte(input.files![0]);
 * ```
 */
export async function matte(photo: PictureSource, options: MatteOptions = {}): Promise<WebMatte> {
  return await shownMatte(
    (image, given) => longAnswer<MatteResult>('matte', [image, given], notHere),
    photo,
    options,
  );
}

/**
 * `preload` of `@latent-matte/backend-web`, in the worker.
 *
 * ```ts
 * import { preload, useWebBackend } from '@latent-matte/backend-web/page';
 *
 * await useWebBackend();
 * await preload();
 * ```
 */
export async function preload(options: MatteOptions = {}): Promise<void> {
  await longAnswer<void>('preload', [options], notHere);
}

/**
 * `enhancePortrait` of `@latent-matte/backend-web`, in the worker.
 *
 * ```ts
 * import { enhancePortrait, useWebBackend } from '@latent-matte/backend-web/page';
 *
 * await useWebBackend();
 * const { after } = await enhancePortrait(input.files![0]);
 * image.src = URL.createObjectURL(await after.toBlob());
 * ```
 */
export async function enhancePortrait(
  photo: PictureSource,
  options: EnhanceOptions = {},
): Promise<WebEnhancement> {
  return await shownEnhancement(
    async (image, given) => {
      const call = [image, given] as const;
      const steps = longCall<EnhancementStep, Enhancement>('enhancePortrait', call, nothingHere);
      return await drainSteps(steps, given?.onProgress);
    },
    photo,
    options,
  );
}

/**
 * `refineMatte` of `@latent-matte/backend-web`, in the worker.
 *
 * ```ts
 * import { matte, refineMatte, useWebBackend } from '@latent-matte/backend-web/page';
 *
 * await useWebBackend();
 * const photo = input.files![0]!;
 * const { alpha } = await matte(photo, { refine: false });
 * // 1 where the person is for sure, 0 where nobody is, 0.5 where the edge runs.
 * const trimap = { ...alpha, data: alpha.data.map((a) => (a > 0.95 ? 1 : a < 0.05 ? 0 : 0.5)) };
 * const refined = await refineMatte(photo, alpha, trimap);
 * ```
 */
export async function refineMatte(
  photo: PictureSource,
  alpha: RasterImage,
  trimap: RasterImage,
  options: RefineMatteOptions & WorkOptions = {},
): Promise<FloatImage> {
  const image = await decodedPicture(photo, { signal: options?.signal });
  return await longAnswer('refineMatte', [image, alpha, trimap, options], notHere);
}

async function* nothingHere(): AsyncGenerator<never, never, void> {
  yield* [];
  return await notHere();
}
