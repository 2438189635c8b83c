import type { RasterImage } from '../contracts';
import { enhancePortrait } from '../enhance/enhance-portrait';
import type { Enhancement, EnhanceOptions } from '../enhance/types';
import { toFloatImage } from '../imaging/raster';
import { type MatteErrors, measureMatte, psnr, ssim } from '../metrics';
import { matteWithTrimap } from '../prediction/matte-with-trimap';
import { createParts, type Parts } from '../prediction/parts';
import { ensembleMatte, ensembleMatteWithTrimap } from '../prediction/target-matte';
import { backendInUse } from '../registry';
import { type ResolvedOptions, resolveOptions } from '../search/options';
import { checkSample } from './check-sample';
import type { EvaluateOptions, EvaluationRow, EvaluationSample } from './types';

/** One picture measured, with what a report shows of it. */
export interface PictureEvaluation {
  readonly row: EvaluationRow;
  /** The mattes that were judged. */
  readonly mattes: {
    readonly original: RasterImage;
    readonly enhanced: RasterImage;
    readonly ensemble?: RasterImage;
  };
  readonly enhancement: Enhancement;
}

/** Callbacks of one picture; they replace those of the options. */
export type PictureHooks = Pick<EnhanceOptions, 'signal' | 'onPhase' | 'onProgress'>;

/**
 * Measures pictures one at a time, with models that are loaded once. A picture's result depends on nothing but the
 * picture and the options, so pictures may be measured in any order, and several at once where `options.enhance`
 * allows it.
 */
export class MattingEvaluator {
  readonly #options: EvaluateOptions;
  readonly #enhance: NonNullable<EvaluateOptions['enhance']>;
  readonly #enhanceOptions: EnhanceOptions;
  readonly #workingSize: number;
  readonly #target: NonNullable<EnhanceOptions['target']>;
  readonly #parts: Parts | undefined;

  private constructor(
    options: EvaluateOptions,
    parts: Parts | undefined,
    { workingSize, target }: ResolvedOptions,
  ) {
    this.#options = options;
    this.#parts = parts;
    this.#workingSize = workingSize;
    this.#target = target;
    this.#enhance = options.enhance ?? enhancePortrait;
    this.#enhanceOptions = {
      ...enhanceOptionsOf(options),
      ...(enhancesHere(options) && loadedParts(parts!)),
    };
  }

  /** @throws InvalidOptionError, UnknownModelError, WeightsError what concerns every picture */
  static async create(options: EvaluateOptions): Promise<MattingEvaluator> {
    const resolved = resolveOptions(options);
    const { ensemble = false, trimapSource } = options;
    // An `enhance` from outside brings its own models; here only judges are needed then.
    const judging = {
      entropy: 0,
      compositional: 0,
      consistency: 0,
      perceptual: 0,
      agreement: 0,
      alphaEntropy: 0,
    };
    const parts = enhancesHere(options)
      ? await createParts(options, resolved.weights)
      : ensemble || trimapSource === 'given'
        ? await createParts(options, judging)
        : undefined;
    return new MattingEvaluator(options, parts, resolved);
  }

  /**
   * @throws DatasetError, InvalidImageError, NoPersonError … errors of this picture alone (see `pictureFailure`)
   * @throws AbortedError the signal fired
   */
  async evaluate(sample: EvaluationSample, hooks: PictureHooks = {}): Promise<PictureEvaluation> {
    checkSample(sample, this.#options);
    const { image, alpha, trimap, name, tags } = sample;
    const { region } = this.#options;
    const started = performance.now();
    const enhancement = await this.#enhance(image, { ...this.#enhanceOptions, ...hooks });
    const seconds = (performance.now() - started) / 1000;
    const mattes = await this.#mattes(sample, enhancement);
    // As floats, which the portrait is: 8 bits and their nearest floats would differ by 157 dB.
    const source = toFloatImage(image);
    const measure = (matte: RasterImage): MatteErrors =>
      measureMatte(matte, alpha, { ...(trimap && { trimap }), ...(region && { region }) });
    return {
      row: {
        name,
        original: measure(mattes.original),
        enhanced: measure(mattes.enhanced),
        ...(mattes.ensemble && { ensemble: measure(mattes.ensemble) }),
        psnr: psnr(enhancement.portrait, source),
        ssim: ssim(enhancement.portrait, source),
        seconds,
        bestStep: enhancement.bestStep,
        ...(tags !== undefined && tags.length > 0 && { tags }),
      },
      mattes,
      enhancement,
    };
  }

  async #mattes(
    { image, trimap }: EvaluationSample,
    { portrait, original, enhanced }: Enhancement,
  ): Promise<PictureEvaluation['mattes']> {
    const ensemble = this.#options.ensemble === true;
    if (this.#options.trimapSource === 'given') {
      const { reference } = this.#parts!;
      return {
        original: await matteWithTrimap(reference, image, trimap!),
        enhanced: await matteWithTrimap(reference, portrait, trimap!),
        ...(ensemble && {
          ensemble: await ensembleMatteWithTrimap(this.#target, reference, image, trimap!),
        }),
      };
    }
    return {
      original: original.alpha,
      enhanced: enhanced.alpha,
      ...(ensemble && {
        ensemble: await ensembleMatte(
          this.#target,
          this.#parts!.trimap,
          this.#parts!.reference,
          image,
          this.#workingSize,
        ),
      }),
    };
  }

  /** Frees the models that were loaded here; models given as objects belong to the caller. */
  dispose(): void {
    this.#parts?.dispose();
  }
}

/** False where pictures are enhanced on another thread, to which models go by name. */
const enhancesHere = (options: EvaluateOptions): boolean =>
  options.enhance === undefined && backendInUse()?.run === undefined;

const evaluationOptions: readonly string[] = [
  'trimapSource',
  'region',
  'ensemble',
  'onRow',
  'onFailure',
  'resamples',
  'enhance',
] satisfies Exclude<keyof EvaluateOptions, keyof EnhanceOptions>[];

/** What is left for `enhance`. */
function enhanceOptionsOf(options: EvaluateOptions): EnhanceOptions {
  return Object.fromEntries(
    Object.entries(options).filter(([key]) => !evaluationOptions.includes(key)),
  );
}

function loadedParts({ reference, trimap, discriminator, perceptual, foreground }: Parts) {
  return {
    reference,
    trimap,
    foreground,
    ...(discriminator && { discriminator }),
    ...(perceptual && { perceptual }),
  };
}
