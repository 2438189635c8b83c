import { InvalidOptionError, type MattingModel, type TrimapModel } from '@latent-matte/core';
import {
  activeBackend,
  type BytesLike,
  isBytesLike,
  plainBytes,
} from '@latent-matte/core/internal';
import { fromTflite } from '../adapters/from-tflite';
import type { LoadOptions } from '../embedded-weights';
import { findInstalled } from './find-installed';
import {
  SELFIE_LICENSE,
  SELFIE_PACKAGE,
  type SelfieFile,
  type SelfieVariant,
  selfieFiles,
} from './selfie-files';

export interface MediapipeSelfieOptions extends LoadOptions {
  /** `'square'` takes 256×256, `'landscape'` 144×256 and half the time. Default `'square'`. */
  readonly variant?: SelfieVariant;
  /**
   * The file, or where it is: what a page gives, which has no packages. Size and SHA-256 are checked of what comes from
   * an address. Default: the file in the installed `@mediapipe/selfie_segmentation`.
   */
  readonly weights?: BytesLike | URL;
}

/** What both models say of themselves. */
const NAME = 'mediapipe-selfie';
/**
 * Log-odds below which a pixel is unknown, and the pixels of the network's map by which that band is widened: the
 * network is sure of its edge, hair is not where it says. Of 16 of portraits/train, 13 % become unknown, and 0.7 % are
 * known wrongly; without the band 1.4 % and 1.6 %.
 */
const MARGIN = 2;
const BAND = 5;

/**
 * MediaPipe's selfie segmentation as a matting model: alpha is the probability of the person, `[N, H, W, 3]` in [0, 1]
 * → `[N, H, W, 1]` in [0, 1], without a trimap. 0.1 M parameters, Apache-2.0. Needs an active backend. The caller
 * disposes it.
 *
 * ```ts
 * import { cutOut } from '@latent-matte/core';
 * import { loadMediapipeSelfieMatting } from '@latent-matte/models';
 *
 * const model = await loadMediapipeSelfieMatting(); // npm install @mediapipe/selfie_segmentation
 * const person = await cutOut(photo, { model });
 * ```
 *
 * @throws InvalidOptionError the package is not installed, and no weights were given
 * @throws WeightsError the file is not the one that is known, or cannot be fetched
 * @throws WeightFormatError the weights are not a TFLite file
 */
export async function loadMediapipeSelfieMatting(
  options: MediapipeSelfieOptions = {},
): Promise<MattingModel> {
  const file = fileOf(options);
  return fromTflite(await bytesOf(file, options), {
    ...described(file),
    kind: 'matting',
    output: { name: file.logits, activation: 'sigmoid' },
  });
}

/**
 * The same network as a trimap model: `[N, H, W, 3]` in [0, 1] → logits `[N, H, W, 3]` of background, unknown and
 * foreground. Unknown is a band around the edge that the network sees; differentiable everywhere.
 *
 * ```ts
 * import { loadMediapipeSelfieTrimap } from '@latent-matte/models';
 *
 * const trimap = await loadMediapipeSelfieTrimap();
 * trimap.dispose();
 * ```
 *
 * @throws InvalidOptionError the package is not installed, and no weights were given
 * @throws WeightsError the file is not the one that is known, or cannot be fetched
 * @throws WeightFormatError the weights are not a TFLite file
 */
export async function loadMediapipeSelfieTrimap(
  options: MediapipeSelfieOptions = {},
): Promise<TrimapModel> {
  const file = fileOf(options);
  return fromTflite(await bytesOf(file, options), {
    ...described(file),
    kind: 'trimap',
    output: { name: file.logits, person: { channel: 0, margin: MARGIN, band: BAND } },
  });
}

const described = ({ size }: SelfieFile) => ({
  name: NAME,
  license: SELFIE_LICENSE,
  input: { size: { fixed: size, fit: 'stretch' as const } },
});

function fileOf({ variant = 'square' }: MediapipeSelfieOptions): SelfieFile {
  if (Object.hasOwn(selfieFiles, variant)) return selfieFiles[variant];
  throw new InvalidOptionError(
    `There is no variant "${variant}" of the selfie segmentation.`,
    `Use ${Object.keys(selfieFiles).join(' or ')}.`,
  );
}

async function bytesOf(
  { file, bytes, sha256 }: SelfieFile,
  { weights, onProgress }: MediapipeSelfieOptions,
): Promise<Uint8Array> {
  if (isBytesLike(weights)) return plainBytes(weights);
  const url = weights ?? findInstalled(SELFIE_PACKAGE, file);
  if (url === undefined) {
    throw new InvalidOptionError(
      `The package ${SELFIE_PACKAGE}, which holds the network of "${NAME}", is not installed.`,
      `Run \`npm install ${SELFIE_PACKAGE}\`, or give its ${file} as \`weights\`, as a page does.`,
    );
  }
  return await activeBackend().resolveWeights({ url: url.href, size: bytes, sha256 }, onProgress);
}
