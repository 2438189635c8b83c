import { AbortedError, DatasetError, ImageTooSmallError, LatentMatteError } from '../errors';
import { estimateForeground } from '../foreground/estimate-foreground';
import { assertSameSize, opaqueRgb, toFloatImage } from '../imaging/raster';
import { trimapLevel } from '../imaging/trimap-levels';
import { unpackError } from '../packed-error';
import { type Picture, pictureOf } from './picture';
import type { PairSet, PairSource, TrainingPair } from './types';

/** Larger pictures are scaled down: examples are smaller still. */
const MAX_SIDE = 1024;
const MIN_SIDE = 32;

/** A pair ready to draw examples from: 8 bits, foreground estimated. */
export interface PreparedPair {
  readonly image: Picture;
  readonly foreground: Picture;
  /** 0…255. */
  readonly alpha: Picture;
  /** 255 where a given trimap is unknown, 0 elsewhere. */
  readonly unknown: Picture | undefined;
}

export interface PairStoreOptions {
  /** `pairs` or `real`, for messages. */
  readonly what: string;
  /** Bytes that prepared pairs may take. */
  readonly memory: number;
  readonly signal: AbortSignal | undefined;
  /** Called after each pair of a stream, and after each of a list. */
  readonly onPrepare:
    | ((progress: { loaded: number; total: number | undefined }) => void)
    | undefined;
}

/**
 * Prepared pairs by index. Those of lists and streams are prepared once and kept; those of a {@link PairSet} when they
 * are first wanted, and as long as there is room: what was used longest ago goes first.
 */
export class PairStore {
  readonly length: number;
  readonly #set: PairSet | undefined;
  readonly #kept: Map<number, PreparedPair>;
  readonly #options: PairStoreOptions;
  #bytes = 0;

  private constructor(
    length: number,
    set: PairSet | undefined,
    kept: Map<number, PreparedPair>,
    options: PairStoreOptions,
  ) {
    this.length = length;
    this.#set = set;
    this.#kept = kept;
    this.#options = options;
  }

  /**
   * @throws DatasetError no pairs, or more of a stream than fit in memory
   * @throws InvalidImageError, ImageTooSmallError naming the pair
   * @throws AbortedError
   */
  static async open(source: PairSource, options: PairStoreOptions): Promise<PairStore> {
    const kept = new Map<number, PreparedPair>();
    let length = 0;
    if (isPairSet(source)) {
      length = source.length;
    } else {
      const total = Array.isArray(source) ? source.length : undefined;
      let bytes = 0;
      for await (const pair of source) {
        if (pair?.gate?.accepted === false) continue;
        const prepared = await prepare(pair, length, options);
        bytes += bytesOf(prepared);
        if (bytes > options.memory) {
          throw new DatasetError(
            `After ${length} of the ${options.what}, their pixels take more than ${options.memory} bytes.`,
            'Give them as { length, load(index) }, which keeps what fits, or raise `memory`.',
          );
        }
        kept.set(length++, prepared);
        options.onPrepare?.({ loaded: length, total });
      }
    }
    if (!Number.isSafeInteger(length) || length < 1) {
      throw new DatasetError(
        `There is no pair among the ${options.what}.`,
        'Give at least one { image, alpha } that the quality gate accepted.',
      );
    }
    return new PairStore(length, isPairSet(source) ? source : undefined, kept, options);
  }

  async at(index: number): Promise<PreparedPair> {
    const known = this.#kept.get(index);
    if (known !== undefined) {
      if (this.#set !== undefined) {
        // Last in the order of the map is last to go.
        this.#kept.delete(index);
        this.#kept.set(index, known);
      }
      return known;
    }
    const loaded = await (this.#set as PairSet).load(index);
    const prepared = await prepare(loaded, index, this.#options);
    this.#bytes += bytesOf(prepared);
    for (const [oldest, pair] of this.#kept) {
      if (this.#bytes <= this.#options.memory) break;
      this.#kept.delete(oldest);
      this.#bytes -= bytesOf(pair);
    }
    this.#kept.set(index, prepared);
    return prepared;
  }
}

export const isPairSet = (source: PairSource): source is PairSet =>
  typeof (source as Partial<PairSet>)?.load === 'function';

function bytesOf(pair: PreparedPair): number {
  return Object.values(pair).reduce(
    (sum: number, picture: Picture | undefined) =>
      sum + (picture === undefined ? 0 : picture.data.length + picture.half.length),
    0,
  );
}

async function prepare(
  pair: TrainingPair,
  index: number,
  { what, signal }: PairStoreOptions,
): Promise<PreparedPair> {
  if (signal?.aborted) throw new AbortedError('Cancelled before the first step.');
  return await naming(pair, index, what, async () => {
    const image = opaqueRgb(toFloatImage(pair.image));
    const alpha = checkedMap(image, toFloatImage(pair.alpha), 'matte');
    if (Math.min(image.width, image.height) < MIN_SIDE) {
      throw new ImageTooSmallError(
        `It is ${image.width}×${image.height}.`,
        `Both sides must be at least ${MIN_SIDE} pixels.`,
      );
    }
    const trimap = pair.trimap && checkedMap(image, toFloatImage(pair.trimap), 'trimap');
    const { foreground } = await estimateForeground(
      image,
      alpha,
      signal === undefined ? {} : { signal },
    );
    const unknown = trimap && {
      ...trimap,
      data: trimap.data.map((value) => (trimapLevel(value) === 0.5 ? 1 : 0)),
    };
    return {
      image: pictureOf(image, MAX_SIDE),
      foreground: pictureOf(foreground, MAX_SIDE),
      alpha: pictureOf(alpha, MAX_SIDE),
      unknown: unknown && pictureOf(unknown, MAX_SIDE),
    };
  });
}

function checkedMap<Map extends TrainingPair['alpha']>(
  image: TrainingPair['image'],
  map: Map,
  label: string,
): Map {
  assertSameSize(image, 'picture', map, label);
  if (map.channels !== 1) {
    throw new DatasetError(`The ${label} has ${map.channels} channels.`, 'Pass one channel.');
  }
  return map;
}

/** Runs `f`; errors of this SDK say which pair they are about. */
export async function naming<T>(
  pair: TrainingPair,
  index: number,
  what: string,
  f: () => Promise<T>,
): Promise<T> {
  try {
    return await f();
  } catch (error) {
    if (!LatentMatteError.isInstance(error) || error.code === 'ABORTED') throw error;
    const label = pair?.name ?? `number ${index}`;
    const { name, remedy, code } = error;
    const message = `Pair ${label} of ${what}: ${error.message}`;
    throw Object.assign(unpackError({ name, message, remedy, code }), { cause: error });
  }
}
