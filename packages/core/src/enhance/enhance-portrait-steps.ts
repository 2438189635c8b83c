import type { RasterImage } from '../contracts';
import { AbortedError, ImageTooLargeError, ImageTooSmallError } from '../errors';
import { assertRaster } from '../imaging/raster';
import { longCall } from '../long-call';
import { assertSourceFits } from '../prediction/device-limits';
import { createParts } from '../prediction/parts';
import { EnhancementRun } from './enhancement-run';
import { type EnhanceOptions, resolveEnhancement } from './options';
import type { Enhancement, EnhancementStep } from './types';

/** Below this side a portrait has no matte worth speaking of. */
const MIN_SIDE = 32;
/** Above this the source itself is not loaded: 100 megapixels, 1.2 GB as floats. */
const MAX_PIXELS = 100e6;
/**
 * {@link enhancePortrait} step by step (paper Algorithm 1): yields each step and returns the result.
 * Stopping the iteration early frees everything.
 *
 * @throws the errors of {@link enhancePortrait}
 */
export function enhancePortraitSteps(
  image: RasterImage,
  options: EnhanceOptions = {},
): AsyncGenerator<EnhancementStep, Enhancement, void> {
  return longCall('enhancePortrait', [image, options], () => stepsHere(image, options));
}

async function* stepsHere(
  image: RasterImage,
  options: EnhanceOptions,
): AsyncGenerator<EnhancementStep, Enhancement, void> {
  const resolved = resolveEnhancement(options);
  const { request, settings } = resolved;
  assertSize(image);
  assertSourceFits([image.height, image.width]);
  if (request.signal?.aborted) throw new AbortedError('Cancelled before the start.');
  request.onPhase?.('load');
  const parts = await createParts(request, settings.weights);
  const run = new EnhancementRun(image, resolved, parts);
  try {
    await run.start();
    request.onPhase?.('optimize');
    for await (const step of run.steps()) {
      // Reads of tensors settle as microtasks on some backends: without this, timers, signals and input
      // handlers would wait for the last step.
      await new Promise((resolve) => setTimeout(resolve));
      yield step;
    }
    request.onPhase?.('finish');
    return await run.finish();
  } catch (error) {
    if (!run.aborted) throw error;
    throw new AbortedError(
      `Cancelled at step ${run.done} of ${settings.steps}.`,
      run.started ? await run.finish() : undefined,
      // Whatever noticed it first, the reason is the caller's.
      { cause: request.signal?.reason },
    );
  } finally {
    run.dispose();
    parts.dispose();
  }
}

function assertSize(image: RasterImage): void {
  assertRaster(image);
  const { width, height } = image;
  if (width * height > MAX_PIXELS) {
    throw new ImageTooLargeError(
      `The image is ${width}×${height}, ${Math.round((width * height) / 1e6)} megapixels.`,
      `Scale it below ${MAX_PIXELS / 1e6} megapixels.`,
    );
  }
  if (Math.min(width, height) < MIN_SIDE) {
    throw new ImageTooSmallError(
      `The image is ${width}×${height}.`,
      `Both sides must be at least ${MIN_SIDE} pixels.`,
    );
  }
}
