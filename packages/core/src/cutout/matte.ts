import type { RasterImage } from '../contracts';
import { AbortedError, ImageTooLargeError, ImageTooSmallError } from '../errors';
import { megapixels } from '../imaging/megapixels';
import { readRows } from '../imaging/picture-rows';
import { assertRaster, opaqueRgb } from '../imaging/raster';
import { longAnswer } from '../long-call';
import { assertSourceFits } from '../prediction/device-limits';
import { assertSomething } from '../prediction/person-confidence';
import { findingOf } from './finding';
import { matteOfPhoto } from './matte-of-photo';
import { loadNetworks } from './networks';
import { type MatteOptions, type ResolvedCutOut, resolveMatte, unreadByMatte } from './options';
import type { MatteResult } from './types';
import type { WorkingMatte } from './working-matte';

/** Below this side nobody can be recognised. */
const MIN_SIDE = 32;
/** The limit of the foreground estimators, 600 MB as floats. */
const MAX_PIXELS = 50e6;

/**
 * The matte of the person in a photo: alpha alone. Needs an active backend.
 *
 * ```ts
 * import { matte, useNodeBackend } from '@latent-matte/backend-node';
 *
 * await useNodeBackend();
 * const { alpha, confidence } = await matte('photo.jpg');
 * ```
 *
 * @param photo any size from 32×32 to 50 megapixels
 * @throws InvalidImageError, ImageTooSmallError, ImageTooLargeError for unusable pictures
 * @throws InvalidOptionError, UnknownModelError, WeightsError
 * @throws ModelOutputError a model that answers NaN, or values that are no opacities
 * @throws NoPersonError next to nothing is foreground
 * @throws AbortedError the signal fired
 */
export async function matte(photo: RasterImage, options: MatteOptions = {}): Promise<MatteResult> {
  // Before it goes elsewhere: what is wrong is said at once.
  const resolved = resolveMatte(options);
  assertPhoto(photo);
  return await longAnswer('matte', [photo, options], () => matteHere(photo, resolved));
}

async function matteHere(photo: RasterImage, resolved: ResolvedCutOut): Promise<MatteResult> {
  const { onProgress } = resolved.request;
  onProgress?.(0);
  const result = await photoMatte(opaqueRgb(photo), resolved, (done) => onProgress?.(done));
  onProgress?.(1);
  return result;
}

/**
 * {@link matte} on this thread.
 *
 * @param photo RGB, of any depth. @param told the share that is done, in [0, 1). @param preview shown the first look
 */
export async function photoMatte(
  photo: RasterImage,
  { request, settings }: ResolvedCutOut,
  told: (done: number) => void,
  preview?: (first: WorkingMatte) => Promise<void>,
): Promise<MatteResult> {
  const { signal } = request;
  assertSourceFits([photo.height, photo.width]);
  await turn(signal);
  const networks = await loadNetworks(request);
  try {
    told(0.1);
    await turn(signal);
    const { alpha, confidence, turns, looksAtEdges } = await matteOfPhoto(
      photo,
      networks,
      settings,
      {
        signal,
        turn: async (done) => {
          told(done);
          await turn(signal);
        },
        inspect: preview,
        onFound: (look) => assertSomething(look.alpha, networks.matting.name),
      },
    );
    // What is on by itself is no wish that failed.
    const models = {
      needsTrimap: networks.matting.needsTrimap,
      looksAtEdges: looksAtEdges || request.edgeLook !== true,
    };
    const finding = findingOf(confidence, turns);
    return {
      alpha: readRows(alpha),
      ...finding,
      warnings: [...finding.warnings, ...unreadByMatte(request, models)],
    };
  } finally {
    networks.dispose();
  }
}

/** Lets timers, signals and input handlers have their turn. @throws AbortedError */
export async function turn(signal: AbortSignal | undefined): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve));
  if (signal?.aborted) throw new AbortedError('The cut-out was cancelled.');
}

/** @throws InvalidImageError, ImageTooLargeError, ImageTooSmallError */
export function assertPhoto(photo: RasterImage): void {
  const { width, height } = photo ?? {};
  // Before the data is looked through.
  if (width * height > MAX_PIXELS) {
    throw new ImageTooLargeError(
      `The photo is ${width}×${height}, ${megapixels(width * height)} megapixels.`,
      `Scale it below ${megapixels(MAX_PIXELS)} megapixels.`,
    );
  }
  assertRaster(photo, 'The photo');
  if (Math.min(width, height) < MIN_SIDE) {
    throw new ImageTooSmallError(
      `The photo is ${width}×${height}.`,
      `Both sides must be at least ${MIN_SIDE} pixels.`,
    );
  }
}
