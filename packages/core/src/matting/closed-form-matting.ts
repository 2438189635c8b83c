import type { FloatImage, RasterImage } from '../contracts';
import { ImageTooSmallError, InvalidImageError, ModelOutputError } from '../errors';
import { finish, finishInSlices, type Work, type WorkOptions } from '../foreground/work';
import { clipUnit } from '../imaging/clip-unit';
import { assertMapOf, assertRaster, opaqueRgb, toFloatImage } from '../imaging/raster';
import { longAnswer } from '../long-call';
import { MattingLaplacian } from './matting-laplacian';

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

/** A matte to stay near: adds weight · ‖α − matte‖² over the unknown pixels to αᵀLα. */
export interface MattePrior {
  /** `width * height` values in [0, 1]. */
  readonly matte: ArrayLike<number>;
  /** > 0. */
  readonly weight: number;
}

/** Alpha with the iterations it took. */
export interface ClosedFormMatte {
  /** `width * height` values, clipped to [0, 1]. */
  readonly alpha: Float64Array;
  readonly iterations: number;
}

/**
 * Closed-form matting (Levin, Lischinski, Weiss, PAMI 2008): the classical baseline, without a network. Minimises αᵀLα
 * with alpha given where the trimap is certain, by conjugate gradients over the unknown pixels. Takes seconds at 512²,
 * and grows faster than the number of pixels.
 *
 * ```ts
 * const alpha = await closedFormMatting(photo, trimap);
 * ```
 *
 * @param trimap one channel: below 0.1 background, above 0.9 foreground
 * @throws InvalidImageError sizes or channels that do not fit, NaN, or nothing certain
 * @throws AbortedError the signal fired
 */
export function closedFormMatting(
  image: RasterImage,
  trimap: RasterImage,
  options: ClosedFormMattingOptions & WorkOptions = {},
): Promise<FloatImage> {
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
  return matteInSlices(image, work, signal, onProgress);
}

/** Runs the work and gives its matte as a picture. @throws AbortedError the signal fired */
export async function matteInSlices(
  { width, height }: RasterImage,
  work: Work<ClosedFormMatte>,
  signal: WorkOptions['signal'] | undefined,
  onProgress: WorkOptions['onProgress'] | undefined,
): Promise<FloatImage> {
  const { alpha } = await finishInSlices(work, {
    ...(signal && { signal }),
    ...(onProgress && { onProgress }),
  });
  return { width, height, channels: 1, data: Float32Array.from(alpha) };
}

/**
 * {@link closedFormMatting} on arrays, in float64 and without a pause.
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
  prior?: MattePrior,
): Work<ClosedFormMatte> {
  if (Math.min(width, height) < 2 * radius + 1) {
    throw new ImageTooSmallError(
      `The image is ${width}×${height}, smaller than a window of ${2 * radius + 1} pixels.`,
      'Pass a larger image.',
    );
  }
  const pixels = width * height;
  const unknown = Uint8Array.from({ length: pixels }, (_, p) =>
    trimap[p] >= 0.1 && trimap[p] <= 0.9 ? 1 : 0,
  );
  const alpha = Float64Array.from({ length: pixels }, (_, p) => {
    if (unknown[p] === 1) return prior?.matte[p] ?? 0;
    return trimap[p] > 0.9 ? 1 : 0;
  });
  if (prior === undefined && unknown.every((flag) => flag === 1)) {
    throw new InvalidImageError(
      'The trimap is unknown everywhere.',
      'Mark some background and some foreground.',
    );
  }
  const laplacian = new MattingLaplacian(image, width, height, {
    epsilon,
    radius,
    matters: unknown,
  });
  const iterations = yield* solveUnknown(
    laplacian,
    alpha,
    unknown,
    prior?.weight ?? 0,
    tolerance,
    maxIterations,
  );
  for (let p = 0; p < pixels; p++) alpha[p] = clipUnit(alpha[p]);
  return { alpha, iterations };
}

/**
 * Conjugate gradients on (L_UU + λI) α_U = λ α⁰_U − L_UK α_K, preconditioned by the diagonal.
 * @param alpha holds the known values, and α⁰ where unknown (0 without a prior); gets the solution
 * @param weight λ, the weight of α⁰; 0 without a prior
 */
function* solveUnknown(
  laplacian: MattingLaplacian,
  alpha: Float64Array,
  unknown: Uint8Array,
  weight: number,
  tolerance: number,
  maxIterations: number,
): Work<number> {
  const diagonal = laplacian.diagonal(alpha.length);
  const product = new Float64Array(alpha.length);
  const direction = new Float64Array(alpha.length);
  laplacian.apply(alpha, product);
  // At α⁰ the two terms of the prior cancel.
  const residual = product.map((value, p) => (unknown[p] === 0 ? 0 : -value));
  const start = Math.sqrt(dot(residual, residual));
  // A flat corner may lie in windows that say nothing about it.
  const precondition = (p: number): number => residual[p] / Math.max(diagonal[p] + weight, 1e-12);
  let previous = 0;
  for (let iteration = 0; iteration <= maxIterations; iteration++) {
    const norm = Math.sqrt(dot(residual, residual));
    if (norm <= tolerance * start) return iteration;
    let energy = 0;
    for (let p = 0; p < residual.length; p++) energy += residual[p] * precondition(p);
    const beta = iteration === 0 ? 0 : energy / previous;
    for (let p = 0; p < residual.length; p++) {
      direction[p] = precondition(p) + beta * direction[p];
    }
    laplacian.apply(direction, product);
    for (let p = 0; p < product.length; p++) {
      product[p] = unknown[p] === 0 ? 0 : product[p] + weight * direction[p];
    }
    const step = energy / dot(direction, product);
    for (let p = 0; p < residual.length; p++) {
      alpha[p] += step * direction[p];
      residual[p] -= step * product[p];
    }
    previous = energy;
    yield clipUnit(Math.log(norm / start) / Math.log(tolerance));
  }
  throw new ModelOutputError(
    `Closed-form matting did not converge in ${maxIterations} iterations.`,
    'Raise maxIterations or tolerance, or scale the image down.',
  );
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
