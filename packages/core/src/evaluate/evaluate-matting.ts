import { enhancePortrait } from '../enhance/enhance-portrait';
import type { Enhancement, EnhanceOptions } from '../enhance/types';
import { AbortedError, DatasetError, LatentMatteError } from '../errors';
import { type MatteErrors, measureMatte, psnr, ssim } from '../metrics';
import { mattingModels } from '../registry';
import type { MattingModel, RasterImage } from '../spec';
import { matteWithTrimap } from './matte-with-trimap';
import { summarizeRows } from './summarize-rows';
import type {
  EvaluateOptions,
  Evaluation,
  EvaluationFailure,
  EvaluationRow,
  EvaluationSample,
} from './types';

/**
 * Measures what enhancement does to the mattes of a reference model (paper IV, Table I): Grad, Conn, MSE and SAD
 * on the original against the enhanced version of each picture.
 *
 * Pictures without a person are listed under `failures` and count nowhere; every other error ends the
 * evaluation.
 *
 * @throws AbortedError the signal fired; `best` is the {@link Evaluation} of the pictures done so far
 * @throws DatasetError parts of a sample differ in size, or a trimap is missing for `trimapSource: 'given'`
 * @example
 *     const { summary } = await evaluateMatting(samples, { reference: 'compact', steps: 40 });
 *     summary.metrics.grad.percent; // −1.2: the mean gradient error fell by 1.2 %
 */
export async function evaluateMatting(
  samples: Iterable<EvaluationSample> | AsyncIterable<EvaluationSample>,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  const {
    trimapSource = 'predicted',
    region,
    onRow,
    resamples,
    enhance = enhancePortrait,
    ...enhanceOptions
  } = options;
  const rows: EvaluationRow[] = [];
  const failures: EvaluationFailure[] = [];
  const finish = (): Evaluation => {
    const summary = summarizeRows(rows, { seed: options.seed, resamples });
    return { rows, failures, trimapSource, ...(summary && { summary }) };
  };
  const judge = trimapSource === 'given' ? await givenTrimapJudge(options) : predictedTrimapJudge;
  try {
    for await (const sample of samples) {
      options.signal?.throwIfAborted();
      checkSample(sample, options);
      try {
        const row = await evaluateSample(sample, enhance, enhanceOptions, judge, region);
        rows.push(row);
        onRow?.(row, rows.length - 1);
      } catch (error) {
        if (!LatentMatteError.isInstance(error) || error.code !== 'NO_PERSON') throw error;
        failures.push({ name: sample.name, code: error.code, message: error.message });
      }
    }
  } catch (error) {
    if (!options.signal?.aborted) throw error;
    throw new AbortedError(`The evaluation was stopped after ${rows.length} pictures.`, finish(), {
      cause: error,
    });
  } finally {
    judge.dispose();
  }
  return finish();
}

/** The reference model's mattes of a picture before and after. */
interface Judge {
  mattes(
    sample: EvaluationSample,
    enhancement: Enhancement,
  ): Promise<{ original: RasterImage; enhanced: RasterImage }>;
  dispose(): void;
}

/** `enhancePortrait` itself matted both versions, with the trimap predicted on each. */
const predictedTrimapJudge: Judge = {
  mattes: async (_, { original, enhanced }) => ({
    original: original.alpha,
    enhanced: enhanced.alpha,
  }),
  dispose: () => undefined,
};

async function givenTrimapJudge({ reference = 'compact' }: EvaluateOptions): Promise<Judge> {
  const named = typeof reference === 'string';
  const model: MattingModel = named ? await mattingModels.create(reference, undefined) : reference;
  return {
    async mattes({ image, trimap }, { portrait }) {
      return {
        original: await matteWithTrimap(model, image, trimap!),
        enhanced: await matteWithTrimap(model, portrait, trimap!),
      };
    },
    // A model given as an object belongs to the caller.
    dispose: () => (named ? model.dispose() : undefined),
  };
}

async function evaluateSample(
  sample: EvaluationSample,
  enhance: NonNullable<EvaluateOptions['enhance']>,
  options: EnhanceOptions,
  judge: Judge,
  region: EvaluateOptions['region'],
): Promise<EvaluationRow> {
  const started = performance.now();
  const enhancement = await enhance(sample.image, options);
  const seconds = (performance.now() - started) / 1000;
  const mattes = await judge.mattes(sample, enhancement);
  const measure = (matte: RasterImage): MatteErrors =>
    measureMatte(matte, sample.alpha, {
      ...(sample.trimap && { trimap: sample.trimap }),
      ...(region && { region }),
    });
  return {
    name: sample.name,
    original: measure(mattes.original),
    enhanced: measure(mattes.enhanced),
    psnr: psnr(enhancement.portrait, sample.image),
    ssim: ssim(enhancement.portrait, sample.image),
    seconds,
    bestStep: enhancement.bestStep,
  };
}

function checkSample(sample: EvaluationSample, options: EvaluateOptions): void {
  const { name, image, alpha, trimap } = sample;
  for (const [part, map] of Object.entries({ alpha, trimap })) {
    if (map === undefined) continue;
    if (map.width !== image.width || map.height !== image.height) {
      throw new DatasetError(
        `${name}: the ${part} has ${map.width} × ${map.height} pixels, the image ${image.width} × ${image.height}.`,
        'Give all parts of a sample the same size.',
      );
    }
  }
  if (trimap === undefined && (options.trimapSource === 'given' || options.region === 'unknown')) {
    throw new DatasetError(
      `${name} has no trimap.`,
      "Add one, or use trimapSource 'predicted' and region 'image'.",
    );
  }
}
