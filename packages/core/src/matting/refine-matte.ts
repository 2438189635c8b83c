import { assertOnly } from '../assert-options';
import type { FloatImage, RasterImage } from '../contracts';
import { InvalidOptionError } from '../errors';
import { pixelsAt512 } from '../imaging/pixels-at-512';
import { assertMapOf, assertRaster, opaqueRgb, toFloatImage } from '../imaging/raster';
import { longAnswer } from '../long-call';
import type { Work, WorkOptions } from '../solvers/work';
import {
  type ClosedFormMatte,
  type ClosedFormMattingOptions,
  closedFormMatteWork,
  closedFormMattingNames,
  matteInSlices,
} from './closed-form-matting';
import { nearEdges } from './near-edges';

export interface RefineMatteOptions extends ClosedFormMattingOptions {
  /**
   * λ > 0 where the matte is one half. Small: edges follow the colours; large: the matte stays as it is. Entries of L lie
   * between 0 and 9, so that the default 0.003 decides only what colours leave open.
   */
  priorWeight?: number;
  /** λ where the matte is 0 or 1, at least `priorWeight`: what it is sure of is not moved by colours. Default 3. */
  sureWeight?: number;
}

const names = { ...closedFormMattingNames, priorWeight: true, sureWeight: true } as const;

const PRIOR_WEIGHT = 0.003;
const SURE_WEIGHT = 3;
/** How fast λ falls between a sure pixel and one that is half and half. */
const SURENESS_POWER = 4;
/** At 1e-3 single pixels were off by 0.05 of the converged matte; at 3e-4 the worst was off by 0.008. */
const TOLERANCE = 3e-4;
const OPERATION = 'Matte refinement';
/** At 1e-3 a factor as sparse as the system does: the first that is found costs what eight iterations cost. */
const PRECONDITIONER = { threshold: 5e-3, shift: 1e-2 };

/**
 * Fits a matte to the colours of its picture: closed-form matting (Levin, Lischinski, Weiss, PAMI 2008) with a prior,
 *
 *     min αᵀLα + Σ λ(m) (α − m)²  over the unknown pixels, m the matte,
 *     λ(m) = priorWeight · (sureWeight / priorWeight)^|2m − 1|⁴
 *
 * The matte of a network says roughly what belongs to the person; the matting Laplacian L, where exactly the edge runs
 * and how transparent each hair is. Needs no weights. A fifth of a second at 512² with a usual trimap.
 *
 * ```ts
 * const sharper = await refineMatte(photo, alpha, trimap);
 * ```
 *
 * @param image RGB
 * @param matte one channel, the same size
 * @param trimap one channel, the same size: below 0.1 background, above 0.9 foreground, else unknown
 * @returns one channel in [0, 1]
 * @throws InvalidImageError sizes or channels that do not fit, or NaN
 * @throws InvalidOptionError an unknown option, priorWeight that is not a positive number, sureWeight below it
 * @throws AbortedError the signal fired
 */
export function refineMatte(
  image: RasterImage,
  matte: RasterImage,
  trimap: RasterImage,
  options: RefineMatteOptions & WorkOptions = {},
): Promise<FloatImage> {
  assertOnly<RefineMatteOptions & WorkOptions>('refineMatte', options, names);
  const args = [image, matte, trimap, options] as const;
  return longAnswer('refineMatte', args, () => refineHere(...args));
}

async function refineHere(
  image: RasterImage,
  matte: RasterImage,
  trimap: RasterImage,
  { signal, onProgress, ...options }: RefineMatteOptions & WorkOptions,
): Promise<FloatImage> {
  assertRaster(image);
  assertMapOf(image, matte, 'matte');
  assertMapOf(image, trimap, 'trimap');
  const { width, height } = image;
  const work = refineMatteWork(
    opaqueRgb(toFloatImage(image)).data,
    toFloatImage(matte).data,
    toFloatImage(trimap).data,
    width,
    height,
    options,
  );
  return matteInSlices(image, work, OPERATION, { signal, onProgress });
}

/** Pixels at 512 within which an edge has something sure on both sides. */
const EDGE_REACH = 8;

/**
 * {@link refineMatte} on arrays, in pieces.
 *
 * @param image interleaved RGB in [0, 1]
 * @param edgeWeight `priorWeight` of edges and hair, where a network has seen them closely: near something sure on both
 *   sides, 8 pixels at 512. `priorWeight` is then for what is soft for long. Default: `priorWeight` everywhere
 */
export function refineMatteWork(
  image: ArrayLike<number>,
  matte: ArrayLike<number>,
  trimap: ArrayLike<number>,
  width: number,
  height: number,
  {
    priorWeight = PRIOR_WEIGHT,
    sureWeight = Math.max(SURE_WEIGHT, priorWeight),
    tolerance = TOLERANCE,
    ...options
  }: RefineMatteOptions = {},
  edgeWeight = priorWeight,
): Work<ClosedFormMatte> {
  if (!(priorWeight > 0 && Number.isFinite(priorWeight))) {
    throw new InvalidOptionError(`priorWeight is ${priorWeight}.`, 'Use a finite number > 0.');
  }
  if (!(sureWeight >= priorWeight && Number.isFinite(sureWeight))) {
    throw new InvalidOptionError(
      `sureWeight is ${sureWeight}.`,
      `Use a finite number ≥ priorWeight, ${priorWeight}.`,
    );
  }
  const reach = pixelsAt512(EDGE_REACH, { height, width });
  const edges = edgeWeight === priorWeight ? undefined : nearEdges(matte, width, height, reach);
  const weight = (matte: number, pixel: number): number => {
    const least = edges?.[pixel] === 1 ? edgeWeight : priorWeight;
    return least * (sureWeight / least) ** (Math.abs(2 * matte - 1) ** SURENESS_POWER);
  };
  return closedFormMatteWork(
    image,
    trimap,
    width,
    height,
    { ...options, tolerance },
    {
      prior: { matte, weight },
      preconditioner: PRECONDITIONER,
      operation: OPERATION,
    },
  );
}
