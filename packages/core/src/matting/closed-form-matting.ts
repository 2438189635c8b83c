import { assertOnly, type NamesOf } from '../assert-options';
import type { FloatImage, RasterImage } from '../contracts';
import { ImageTooSmallError, InvalidImageError } from '../errors';
import { clipUnit } from '../imaging/clip-unit';
import { assertMapOf, assertRaster, opaqueRgb, toFloatImage } from '../imaging/raster';
import { longAnswer } from '../long-call';
import { conjugateGradients } from '../solvers/conjugate-gradients';
import { type IncompleteCholeskyOptions, incompleteCholesky } from '../solvers/incomplete-cholesky';
import { multiplyBy } from '../solvers/symmetric-matrix';
import { asPart, finish, finishInSlices, type Work, type WorkOptions } from '../solvers/work';
import { type MattingSystem, mattingSystem } from './matting-system';

export interface ClosedFormMattingOptions {
  /** ε of the window covariances. Default 1e-7. */
  epsilon?: number;
  /** Windows have (2 · radius + 1)² pixels. Default 1. */
  radius?: number;
  /** Relative residual to stop at. Default 1e-7. */
  tolerance?: number;
  /** Default 10,000. */
  maxIterations?: number;
}

export const closedFormMattingNames: NamesOf<ClosedFormMattingOptions & WorkOptions> = {
  epsilon: true,
  radius: true,
  tolerance: true,
  maxIterations: true,
  signal: true,
  onProgress: true,
};

/** A matte to stay near: adds Σ weight · (α − matte)² over the unknown pixels to αᵀLα. */
export interface MattePrior {
  /** `width * height` values in [0, 1]. */
  readonly matte: ArrayLike<number>;
  /** > 0, by what the matte says of a pixel. */
  readonly weight: (matte: number, pixel: number) => number;
}

/** Alpha with the iterations it took. */
export interface ClosedFormMatte {
  /** `width * height` values, clipped to [0, 1]. */
  readonly alpha: Float64Array;
  readonly iterations: number;
}

/**
 * Closed-form matting (Levin, Lischinski, Weiss, PAMI 2008): the classical baseline, without a network. Minimises αᵀLα
 * with alpha given where the trimap is certain, by conjugate gradients over the unknown pixels. Takes half a second at
 * 512² with a usual trimap, and grows faster than the number of unknown pixels.
 *
 * ```ts
 * import { closedFormMatting } from '@latent-matte/core';
 *
 * const alpha = await closedFormMatting(photo, trimap);
 * ```
 *
 * @param trimap one channel: below 0.1 background, above 0.9 foreground
 * @throws InvalidImageError sizes or channels that do not fit, NaN, or nothing certain
 * @throws InvalidOptionError an unknown option
 * @throws AbortedError the signal fired
 */
export function closedFormMatting(
  image: RasterImage,
  trimap: RasterImage,
  options: ClosedFormMattingOptions & WorkOptions = {},
): Promise<FloatImage> {
  assertOnly('closedFormMatting', options, closedFormMattingNames);
  const args = [image, trimap, options] as const;
  return longAnswer('closedFormMatting', args, () => closedFormHere(...args));
}

async function closedFormHere(
  image: RasterImage,
  trimap: RasterImage,
  { signal, onProgress, ...options }: ClosedFormMattingOptions & WorkOptions,
): Promise<FloatImage> {
  assertRaster(image);
  assertMapOf(image, trimap, 'trimap');
  const { width, height } = image;
  const work = closedFormMatteWork(
    toFloatImage(opaqueRgb(image)).data,
    toFloatImage(trimap).data,
    width,
    height,
    options,
  );
  return matteInSlices(image, work, OPERATION, { signal, onProgress });
}

/** Runs the work and gives its matte as a picture. @throws AbortedError the signal fired */
export async function matteInSlices(
  { width, height }: RasterImage,
  work: Work<ClosedFormMatte>,
  operation: string,
  { signal, onProgress }: { [Name in keyof WorkOptions]: WorkOptions[Name] | undefined },
): Promise<FloatImage> {
  const { alpha } = await finishInSlices(work, {
    operation,
    ...(signal && { signal }),
    ...(onProgress && { onProgress }),
  });
  return { width, height, channels: 1, data: Float32Array.from(alpha) };
}

/**
 * {@link closedFormMatting} on arrays, in float64 and without a pause.
 *
 * ```ts
 * import { solveClosedFormMatte, trimapFromAlpha } from '@latent-matte/core/ops';
 * import { mockComposite } from '@latent-matte/core/testing';
 *
 * const { image, alpha } = mockComposite(64, 64);
 * // Classes 0, 1, 2 as levels 0, 0.5, 1.
 * const trimap = Array.from(trimapFromAlpha(alpha.data, 64, 64, 2, 2), (level) => level / 2);
 * const matte = solveClosedFormMatte(image.data, trimap, 64, 64);
 * console.log(matte.alpha.length); // 64 · 64 = 4096
 * ```
 *
 * @param image interleaved RGB in [0, 1]. @param trimap in [0, 1].
 */
export function solveClosedFormMatte(
  image: ArrayLike<number>,
  trimap: ArrayLike<number>,
  width: number,
  height: number,
  options: ClosedFormMattingOptions = {},
): ClosedFormMatte {
  return finish(closedFormMatteWork(image, trimap, width, height, options));
}

/** What is solved besides αᵀLα, and how. */
export interface MattingTask {
  readonly prior?: MattePrior;
  readonly preconditioner: IncompleteCholeskyOptions;
  /** For messages. */
  readonly operation: string;
}

const OPERATION = 'Closed-form matting';

/** At 1e-7 the residual has far to fall: a close factor of some 50 entries a row, and a dozen or two iterations. */
const closely: MattingTask = {
  preconditioner: { threshold: 3e-4, shift: 3e-4 },
  operation: OPERATION,
};

export function* closedFormMatteWork(
  image: ArrayLike<number>,
  trimap: ArrayLike<number>,
  width: number,
  height: number,
  {
    epsilon = 1e-7,
    radius = 1,
    tolerance = 1e-7,
    maxIterations = 10_000,
  }: ClosedFormMattingOptions = {},
  task: MattingTask = closely,
): Work<ClosedFormMatte> {
  if (Math.min(width, height) < 2 * radius + 1) {
    throw new ImageTooSmallError(
      `The image is ${width}×${height}, smaller than a window of ${2 * radius + 1} pixels.`,
      'Pass a larger image.',
    );
  }
  const { prior } = task;
  const pixels = width * height;
  const unknown = new Uint8Array(pixels);
  const alpha = new Float64Array(pixels);
  let certain = 0;
  for (let p = 0; p < pixels; p++) {
    if (trimap[p] >= 0.1 && trimap[p] <= 0.9) {
      unknown[p] = 1;
      alpha[p] = prior?.matte[p] ?? 0;
    } else {
      certain++;
      alpha[p] = trimap[p] > 0.9 ? 1 : 0;
    }
  }
  if (certain === 0 && prior === undefined) {
    throw new InvalidImageError(
      'The trimap is unknown everywhere.',
      'Mark some background and some foreground.',
    );
  }
  if (certain === pixels) return { alpha, iterations: 0 };
  const weight = (pixel: number): number => (prior ? prior.weight(prior.matte[pixel], pixel) : 0);
  const assembled = mattingSystem(image, alpha, unknown, width, height, {
    epsilon,
    radius,
    weight,
  });
  const system = yield* asPart(assembled, 0, 0.2);
  const solved = solveSystem(system, alpha, { tolerance, maxIterations }, task);
  const iterations = yield* asPart(solved, 0.2, 1);
  for (let p = 0; p < pixels; p++) alpha[p] = clipUnit(alpha[p]);
  return { alpha, iterations };
}

/** @param alpha holds α⁰ where unknown (0 without a prior); gets the solution */
function* solveSystem(
  { matrix, right, pixels }: MattingSystem,
  alpha: Float64Array,
  limits: { readonly tolerance: number; readonly maxIterations: number },
  { preconditioner, operation }: MattingTask,
): Work<number> {
  const x = new Float64Array(pixels.length);
  for (let i = 0; i < x.length; i++) x[i] = alpha[pixels[i]];
  const { solve } = yield* asPart(incompleteCholesky(matrix, preconditioner), 0, 0.5);
  const iterations = yield* asPart(
    conjugateGradients(multiplyBy(matrix), solve, right, {
      ...limits,
      x,
      measure: 'residual',
      relative: true,
      operation,
    }),
    0.5,
    1,
  );
  for (let i = 0; i < x.length; i++) alpha[pixels[i]] = x[i];
  return iterations;
}
