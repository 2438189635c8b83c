import * as tf from '@tensorflow/tfjs-core';
import { assertOnly, type NamesOf } from '../assert-options';
import type { ImageLayers, PortraitLayers, RasterImage } from '../contracts';
import { AbortedError, InvalidImageError, InvalidOptionError } from '../errors';
import { longAnswer } from '../long-call';
import type { WorkOptions } from '../solvers/work';
import { type BlurFusionOptions, blurFusionWork } from './blur-fusion';
import { BlurFusionEstimator } from './blur-fusion-estimator';
import { type ClosedFormOptions, closedFormLayers } from './closed-form';
import { ClosedFormEstimator } from './closed-form-estimator';
import { estimateOnImages } from './layers-on-images';
import type { ArraySolver } from './layers-on-tensors';
import { type MultiLevelOptions, multiLevelWork } from './multi-level';
import { MultiLevelEstimator } from './multi-level-estimator';

/**
 * - `multi-level`: the default. Close to closed form at a hundredth of its time.
 * - `closed-form`: Eq. 5 of the paper solved to convergence.
 * - `blur-fusion`: the roughest; all of it is differentiable and suits a GPU.
 */
export type ForegroundMethod = 'multi-level' | 'closed-form' | 'blur-fusion';

export interface EstimateForegroundOptions extends WorkOptions {
  /** Default `'multi-level'`. */
  method?: ForegroundMethod;
  /** Used by that method only. */
  multiLevel?: MultiLevelOptions;
  closedForm?: ClosedFormOptions;
  blurFusion?: BlurFusionOptions;
  /** Told of options for a method that is not used. */
  onWarning?: (message: string) => void;
}

const names: NamesOf<EstimateForegroundOptions> = {
  method: true,
  multiLevel: true,
  closedForm: true,
  blurFusion: true,
  signal: true,
  onProgress: true,
  onWarning: true,
};
const multiLevelNames: NamesOf<MultiLevelOptions> = {
  regularization: true,
  smallIterations: true,
  largeIterations: true,
  smallSize: true,
  skipFlatAbove: true,
};
const closedFormNames: NamesOf<ClosedFormOptions> = {
  regularization: true,
  tolerance: true,
  maxIterations: true,
};
const blurFusionNames: NamesOf<BlurFusionOptions> = { sizes: true, background: true };

/** Where the options of each method stand. */
const bags = {
  'multi-level': 'multiLevel',
  'closed-form': 'closedForm',
  'blur-fusion': 'blurFusion',
} as const satisfies Record<ForegroundMethod, keyof EstimateForegroundOptions>;

/**
 * The colours of the person and of what is behind: F and B with αF + (1 − α)B ≈ I (paper Eq. 5). Without F, hair
 * that is pasted on a new background brings the old one along.
 *
 * Plain images need no backend, and may have up to 50 megapixels. Besides the image and alpha, multi-level takes 30
 * bytes a pixel (1.5 GB at 50 megapixels), blur fusion 24 (1.2 GB), closed form 140 (7 GB). The computation lets
 * the event loop turn every 40 ms or so.
 *
 * On tensors the result is of the same kind; it is owned by the caller, and no gradient flows except with
 * `blur-fusion`. To differentiate through closed form, see `ClosedFormEstimator`.
 *
 * ```ts
 * import { estimateForeground, readImage, readMap } from '@latent-matte/backend-node';
 *
 * const photo = await readImage('photo.jpg');
 * const { foreground } = await estimateForeground(photo, await readMap('alpha.png'));
 * ```
 *
 * @param image RGB; grey is repeated, RGBA is laid over mid-grey
 * @param alpha one channel, the size of the image; values outside of [0, 1] are clipped
 * @throws InvalidImageError sizes or channels that do not fit, or NaN
 * @throws InvalidOptionError an unknown option or method
 * @throws ImageTooLargeError above 50 megapixels
 * @throws AbortedError the signal fired
 */
export function estimateForeground(
  image: RasterImage,
  alpha: RasterImage,
  options?: EstimateForegroundOptions,
): Promise<ImageLayers>;
/** @param image RGB `[1, H, W, 3]` in [0, 1]. @param alpha `[1, H, W, 1]` in [0, 1]. */
export function estimateForeground(
  image: tf.Tensor4D,
  alpha: tf.Tensor4D,
  options?: EstimateForegroundOptions,
): Promise<PortraitLayers>;
export async function estimateForeground(
  image: RasterImage | tf.Tensor4D,
  alpha: RasterImage | tf.Tensor4D,
  options: EstimateForegroundOptions = {},
): Promise<ImageLayers | PortraitLayers> {
  assertOnly('estimateForeground', options, names);
  const { method = 'multi-level', signal, onProgress, onWarning, ...plain } = options;
  const { multiLevel = {}, closedForm = {}, blurFusion = {} } = options;
  assertOnly('multiLevel', multiLevel, multiLevelNames);
  assertOnly('closedForm', closedForm, closedFormNames);
  assertOnly('blurFusion', blurFusion, blurFusionNames);
  if (!Object.hasOwn(solvers, method)) {
    throw new InvalidOptionError(
      `There is no foreground method "${method}".`,
      `Choose one of ${Object.keys(solvers).join(', ')}.`,
    );
  }
  for (const [of, bag] of Object.entries(bags)) {
    if (of === method || options[bag] === undefined) continue;
    onWarning?.(`${bag} was given, but nothing reads it: the method is '${method}'.`);
  }
  const control: WorkOptions = {
    ...(signal !== undefined && { signal }),
    ...(onProgress !== undefined && { onProgress }),
  };
  if (signal?.aborted) throw new AbortedError('Cancelled before the start.');
  if (image instanceof tf.Tensor && alpha instanceof tf.Tensor) {
    return await estimators[method](options, control).estimate(image, alpha);
  }
  if (image instanceof tf.Tensor || alpha instanceof tf.Tensor) {
    throw new InvalidImageError(
      'One of image and alpha is a tensor.',
      'Pass two tensors or two images.',
    );
  }
  const asked = { ...plain, method, ...control };
  return await longAnswer('estimateForeground', [image, alpha, asked], () =>
    estimateOnImages(image, alpha, solvers[method](options), control),
  );
}

const solvers: Record<ForegroundMethod, (options: EstimateForegroundOptions) => ArraySolver> = {
  'multi-level':
    ({ multiLevel }) =>
    (...inputs) =>
      multiLevelWork(...inputs, multiLevel),
  'closed-form':
    ({ closedForm }) =>
    (...inputs) =>
      closedFormLayers(...inputs, closedForm),
  'blur-fusion':
    ({ blurFusion }) =>
    (...inputs) =>
      blurFusionWork(...inputs, blurFusion),
};

const estimators = {
  'multi-level': ({ multiLevel }: EstimateForegroundOptions, control: WorkOptions) =>
    new MultiLevelEstimator({ ...multiLevel, ...control }),
  'closed-form': ({ closedForm }: EstimateForegroundOptions, control: WorkOptions) =>
    new ClosedFormEstimator({ ...closedForm, ...control }),
  'blur-fusion': ({ blurFusion }: EstimateForegroundOptions) => new BlurFusionEstimator(blurFusion),
};
