import { AbortedError, InvalidOptionError } from '../../errors';
import { pictureFailure } from '../picture-failure';
import { compareMatte } from './compare';
import { assertAnswers, nameOf, plainMatte } from './matte';
import { reducedPicture } from './picture';
import { summarizePlain } from './summarize';
import type {
  MeasureModelsOptions,
  PendingPlainSample,
  PlainEvaluation,
  PlainFailure,
  PlainModel,
  PlainPicture,
  PlainRow,
  PlainSample,
} from './types';

const DEFAULT_SIZE = 512;

type Samples<T> = Iterable<T> | AsyncIterable<T>;

/**
 * Measures matting models as they are, nothing searched or enhanced: errors of their mattes in the unknown region and
 * in the whole picture, IoU, and how often a matte fails as a whole. Models that need a trimap get a predicted one.
 *
 * Every model answers once unmeasured, on the first picture, so that seconds are those of a warm model. A picture that
 * cannot be measured, by all models or by one, is listed under `failures`; every other error ends the measurement.
 *
 * ```ts
 * import { measureModels } from '@latent-matte/core/evaluate';
 * import { loadModel } from '@latent-matte/models';
 *
 * const matting = await loadModel('portrait-matte');
 * const { summaries } = await measureModels(samples, [{ matting }]);
 * console.log(summaries[0]!.whole?.sad.mean); // 2.4
 * ```
 *
 * @param models stay the caller's
 * @throws AbortedError the signal fired; `best` is the {@link PlainEvaluation} of the pictures done so far
 * @throws InvalidOptionError no models, two of one name, or one that needs a trimap and has none
 */
export async function measureModels(
  samples: Samples<PlainSample | PendingPlainSample>,
  models: readonly PlainModel[],
  { size = DEFAULT_SIZE, signal, onRow, onFailure }: MeasureModelsOptions = {},
): Promise<PlainEvaluation> {
  checkModels(models);
  if (!Number.isInteger(size) || size < 1) {
    throw new InvalidOptionError(`size is ${size}.`, 'Use a whole number of pixels, as 512.');
  }
  const rows: PlainRow[] = [];
  const failures: PlainFailure[] = [];
  const finish = (): PlainEvaluation => ({
    size,
    rows,
    summaries: models.map(nameOf).flatMap((model) => {
      const own = rows.filter((row) => row.model === model);
      return own.length === 0 ? [] : [summarizePlain(model, own)];
    }),
    failures,
  });
  const warm = new Set<PlainModel>();
  /** What `body` gives; undefined for a failure of this picture alone. */
  const attempt = async <T>(
    name: string,
    model: string | undefined,
    body: () => Promise<T>,
  ): Promise<T | undefined> => {
    try {
      return await body();
    } catch (error) {
      const failure = pictureFailure(name, error);
      if (failure === undefined) throw error;
      failures.push(model === undefined ? failure : { ...failure, model });
      onFailure?.(failures[failures.length - 1]);
      return undefined;
    }
  };
  const measure = async (model: PlainModel, picture: PlainPicture): Promise<void> => {
    const result = await attempt(picture.name, nameOf(model), async () => {
      if (!warm.has(model)) await plainMatte(model, picture.image);
      warm.add(model);
      const started = performance.now();
      const matte = await plainMatte(model, picture.image);
      const seconds = (performance.now() - started) / 1000;
      const compared = compareMatte(matte, picture);
      return { matte, row: { picture: picture.name, model: nameOf(model), ...compared, seconds } };
    });
    if (result === undefined) return;
    rows.push(result.row);
    await onRow?.(result.row, { matte: result.matte, picture });
  };
  try {
    for await (const sample of samples) {
      signal?.throwIfAborted();
      const picture = await attempt(sample.name, undefined, async () =>
        reducedPicture('load' in sample ? await sample.load() : sample, size),
      );
      if (picture === undefined) continue;
      for (const model of models) {
        signal?.throwIfAborted();
        await measure(model, picture);
      }
    }
  } catch (error) {
    if (!signal?.aborted) throw error;
    throw new AbortedError(`The measurement was stopped after ${rows.length} mattes.`, finish(), {
      cause: error,
    });
  }
  return finish();
}

/** @throws InvalidOptionError */
function checkModels(models: readonly PlainModel[]): void {
  const names = models.map(nameOf);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (models.length === 0 || twice !== undefined) {
    throw new InvalidOptionError(
      twice === undefined ? 'There are no models to measure.' : `Two models are named "${twice}".`,
      'Give at least one, each with a `name` of its own.',
    );
  }
  models.forEach(assertAnswers);
}
