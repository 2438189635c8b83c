import type { RasterImage } from '../contracts';
import { enhancePortrait } from '../enhance/enhance-portrait';
import type { EnhanceOptions, EnhanceRequest } from '../enhance/options';
import type { Enhancement } from '../enhance/types';
import { toFloatImage } from '../imaging/raster';
import {
  type MatteErrors,
  measureMatte,
  measureOfficially,
  type OfficialErrors,
  officialMatte,
  psnr,
  ssim,
} from '../metrics';
import type { TargetKind } from '../prediction/fixed-target';
import { matteWithTrimap } from '../prediction/matte-with-trimap';
import { createParts, DEFAULT_PARTS, type Parts } from '../prediction/parts';
import { targetMatte, targetMatteWithTrimap } from '../prediction/target-matte';
import { backendInUse } from '../registry';
import { checkSample } from './check-sample';
import { Judges } from './judges';
import { type EvaluateOptions, type ResolvedEvaluation, resolveEvaluation } from './options';
import type { EvaluationRow, EvaluationSample } from './types';

/** One picture measured, with what a report shows of it. */
export interface PictureEvaluation {
  readonly row: EvaluationRow;
  /** The mattes that were judged. */
  readonly mattes: {
    readonly original: RasterImage;
    readonly enhanced: RasterImage;
    readonly target?: RasterImage;
  };
  readonly enhancement: Enhancement;
}

/** Callbacks of one picture; they replace those of the options. */
export type PictureHooks = Pick<EnhanceRequest, 'signal' | 'onPhase' | 'onProgress'>;

/**
 * Measures pictures one at a time, with models that are loaded once. A picture's result depends on nothing but the
 * picture and the options, so pictures may be measured in any order, and several at once where `options.enhance`
 * allows it.
 */
export class MattingEvaluator {
  /** Options that nothing reads, one sentence each. */
  readonly warnings: readonly string[];
  readonly #options: EvaluateOptions;
  readonly #enhance: NonNullable<EvaluateOptions['enhance']>;
  readonly #enhanceOptions: EnhanceOptions;
  readonly #workingSize: number;
  readonly #target: TargetKind;
  readonly #parts: Parts | undefined;
  readonly #judges: Judges | undefined;

  private constructor(
    options: EvaluateOptions,
    parts: Parts | undefined,
    judges: Judges | undefined,
    { settings: { workingSize, target }, enhance, warnings }: ResolvedEvaluation,
  ) {
    this.warnings = warnings;
    this.#options = options;
    this.#parts = parts;
    this.#judges = judges;
    this.#workingSize = workingSize;
    this.#target = target;
    this.#enhance = options.enhance ?? enhancePortrait;
    this.#enhanceOptions = {
      ...enhance,
      ...(enhancesHere(options) && withLoaded(parts!, enhance)),
    };
  }

  /** @throws InvalidOptionError, UnknownModelError, WeightsError what concerns every picture */
  static async create(options: EvaluateOptions): Promise<MattingEvaluator> {
    const resolved = resolveEvaluation(options);
    const { request, settings } = resolved;
    const { judgeTarget = false, trimapSource, transferTo: others = [] } = options;
    // An `enhance` from outside brings its own models; here only judges are needed then.
    const parts = enhancesHere(options)
      ? await createParts(request, settings.weights)
      : judgeTarget || trimapSource === 'given'
        ? await createParts(request, { compositional: 0, perceptual: 0 })
        : undefined;
    const predicts =
      trimapSource === 'given' ? undefined : (request.trimap ?? DEFAULT_PARTS.trimap);
    try {
      const judges = others.length > 0 ? await Judges.load(others, predicts) : undefined;
      return new MattingEvaluator(options, parts, judges, resolved);
    } catch (error) {
      parts?.dispose();
      throw error;
    }
  }

  /**
   * @throws DatasetError, InvalidImageError, NoPersonError … errors of this picture alone (see `pictureFailure`)
   * @throws AbortedError the signal fired
   */
  async evaluate(sample: EvaluationSample, hooks: PictureHooks = {}): Promise<PictureEvaluation> {
    checkSample(sample, this.#options);
    const { image, alpha, trimap, name, tags } = sample;
    const { region, protocol } = this.#options;
    const started = performance.now();
    const { onPhase, ...top } = hooks;
    const enhancement = await this.#enhance(image, {
      ...this.#enhanceOptions,
      ...top,
      ...(onPhase && { advanced: { ...this.#enhanceOptions.advanced, onPhase } }),
    });
    const seconds = (performance.now() - started) / 1000;
    const mattes = await this.#mattes(sample, enhancement);
    // As floats, which the portrait is: 8 bits and their nearest floats would differ by 157 dB.
    const source = toFloatImage(image);
    const official = protocol === 'official' ? officialErrors(mattes, alpha) : undefined;
    // Each of the measurements reads the same trimap.
    const warnings = new Set<string>();
    const onWarning = (message: string) => void warnings.add(message);
    const counted = { ...(trimap && { trimap }), ...(region && { region }), onWarning };
    const measure = (matte: RasterImage): MatteErrors =>
      official === undefined ? measureMatte(matte, alpha, counted) : asAuthors(matte, alpha).plain;
    const judges = await this.#judges?.judge(sample, enhancement.portrait, measure);
    return {
      row: {
        name,
        original: measure(mattes.original),
        enhanced: measure(mattes.enhanced),
        ...(mattes.target && { target: measure(mattes.target) }),
        ...(judges && { judges }),
        ...(official && { official }),
        psnr: psnr(enhancement.portrait, source),
        ssim: ssim(enhancement.portrait, source),
        seconds,
        bestStep: enhancement.bestStep,
        ...(tags !== undefined && tags.length > 0 && { tags }),
        ...(warnings.size > 0 && { warnings: [...warnings] }),
      },
      mattes,
      enhancement,
    };
  }

  async #mattes(
    { image, trimap }: EvaluationSample,
    { portrait, original, enhanced }: Enhancement,
  ): Promise<PictureEvaluation['mattes']> {
    const judged = this.#options.judgeTarget === true;
    if (this.#options.trimapSource === 'given') {
      const { reference } = this.#parts!;
      return {
        original: await matteWithTrimap(reference, image, trimap!),
        enhanced: await matteWithTrimap(reference, portrait, trimap!),
        ...(judged && {
          target: await targetMatteWithTrimap(this.#target, reference, image, trimap!),
        }),
      };
    }
    return {
      original: original.alpha,
      enhanced: enhanced.alpha,
      ...(judged && {
        target: await targetMatte(
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
    this.#judges?.dispose();
    this.#parts?.dispose();
  }
}

/** Their bytes of a matte against the truth. */
function asAuthors(matte: RasterImage, truth: RasterImage): OfficialErrors {
  return measureOfficially(officialMatte(toFloatImage(matte), [truth.height, truth.width]), truth);
}

function officialErrors(
  { original, enhanced }: PictureEvaluation['mattes'],
  truth: RasterImage,
): Record<'original' | 'enhanced', OfficialErrors> {
  return { original: asAuthors(original, truth), enhanced: asAuthors(enhanced, truth) };
}

/** False where pictures are enhanced on another thread, to which models go by name. */
const enhancesHere = (options: EvaluateOptions): boolean =>
  options.enhance === undefined && backendInUse()?.run === undefined;

/** The models that are loaded already, where a caller would name them. */
function withLoaded(
  { reference, companions, trimap, discriminator, perceptual, foreground, judges }: Parts,
  { advanced }: EnhanceOptions,
): EnhanceOptions {
  return {
    model: reference,
    advanced: {
      ...advanced,
      ...(companions.length > 0 && { companions }),
      trimap,
      foreground,
      ...(discriminator && { discriminator }),
      ...(perceptual && { perceptual }),
      ...(judges.length > 0 && { judges }),
    },
  };
}
