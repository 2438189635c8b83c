import type { FloatImage, MattingModel } from '../contracts';
import { AbortedError, DatasetError } from '../errors';
import { toFloatImage } from '../imaging/raster';
import { trimapFromAlpha } from '../imaging/trimap-from-alpha';
import { type MatteErrors, measureMatte } from '../metrics';
import { matteWithTrimap } from '../prediction/matte-with-trimap';
import { isPairSet, naming } from './pair-store';
import type { PairSet, PairSource, TrainingPair } from './types';

/** How far the unknown region of pairs without a trimap grows, pixels: as in our evaluation data. */
const OUTWARD = 9;
const INWARD = 4;

export interface ValidationOptions {
  /** Default: `'unknown'` for models with a trimap, otherwise `'image'`. */
  region?: 'unknown' | 'image';
  signal?: AbortSignal;
  /** Called after each picture. */
  onPicture?: (done: number, total: number) => void;
}

/** Pairs to measure a model with, at their own size. */
export class ValidationSet {
  readonly #set: PairSet;

  private constructor(set: PairSet) {
    this.#set = set;
  }

  /** @throws DatasetError there is no pair */
  static async open(source: PairSource): Promise<ValidationSet> {
    if (isPairSet(source)) return new ValidationSet(nonEmpty(source));
    const pairs: TrainingPair[] = [];
    for await (const pair of source) if (pair?.gate?.accepted !== false) pairs.push(pair);
    const load = async (index: number) => pairs[index];
    return new ValidationSet(nonEmpty({ length: pairs.length, load }));
  }

  get length(): number {
    return this.#set.length;
  }

  /** The four errors of each pair. Trimaps: those given, else made of alpha. */
  async *measure(
    model: MattingModel,
    { region = model.needsTrimap ? 'unknown' : 'image', signal, onPicture }: ValidationOptions = {},
  ): AsyncGenerator<MatteErrors, void, void> {
    for (let i = 0; i < this.length; i++) {
      if (signal?.aborted) throw new AbortedError('Cancelled during a validation.');
      const pair = await this.#set.load(i);
      yield await naming(pair, i, 'validation', async () => {
        const trimap = pair.trimap ?? madeTrimap(toFloatImage(pair.alpha));
        const alpha = await matteWithTrimap(model, pair.image, trimap);
        return measureMatte(alpha, pair.alpha, { trimap, region });
      });
      onPicture?.(i + 1, this.length);
    }
  }
}

function nonEmpty(set: PairSet): PairSet {
  if (Number.isSafeInteger(set.length) && set.length > 0) return set;
  throw new DatasetError('There is no pair to validate on.', 'Give at least one, or leave it out.');
}

function madeTrimap({ width, height, data }: FloatImage): FloatImage {
  const classes = trimapFromAlpha(data, width, height, OUTWARD, INWARD);
  return { width, height, channels: 1, data: new Float32Array(classes).map((v) => v / 2) };
}

/**
 * Means of the four errors of a matting model over pairs with true mattes: what `fineTune` measures as it goes.
 *
 * ```ts
 * import { measureModel } from '@latent-matte/core/fine-tune';
 * import { loadModel } from '@latent-matte/models';
 *
 * const model = await loadModel('compact-matting');
 * console.log((await measureModel(model, validation)).sad);
 * ```
 *
 * @throws DatasetError there is no pair
 * @throws InvalidImageError naming the pair
 */
export async function measureModel(
  model: MattingModel,
  pairs: PairSource,
  options: ValidationOptions = {},
): Promise<MatteErrors> {
  return await meanErrors((await ValidationSet.open(pairs)).measure(model, options));
}

/** Means over pictures. */
export async function meanErrors(rows: AsyncIterable<MatteErrors>): Promise<MatteErrors> {
  const sum = { grad: 0, conn: 0, mse: 0, sad: 0 };
  let count = 0;
  for await (const row of rows) {
    count++;
    for (const name of Object.keys(sum) as (keyof MatteErrors)[]) sum[name] += row[name];
  }
  for (const name of Object.keys(sum) as (keyof MatteErrors)[]) sum[name] /= count;
  return sum;
}
