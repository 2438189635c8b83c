import type { LongCall, LongCallName } from '../../contracts';
import { InvalidOptionError } from '../../errors';
import { isListener, obstacleIn, plainCopy } from './plain-values';

/** A long call that crosses a thread: models by name, no functions, no signal. */
export interface PlainCall {
  readonly name: LongCallName;
  /** The options are last. They hold memory of their own, which may be transferred. */
  readonly arguments: readonly unknown[];
  /** Where the options had listeners: `onProgress`, `inversion.onProgress` … */
  readonly listeners: readonly string[];
  /** Whether pictures are to be asked for, one at a time: those of `labelPortraits`. */
  readonly pulls: boolean;
}

/** A long call cut where a thread begins. */
export interface SplitCall {
  /** Goes over. */
  readonly plain: PlainCall;
  /** These stay, to be wired up by messages. */
  readonly signal?: AbortSignal;
  readonly listeners: ReadonlyMap<string, (event: unknown) => void>;
  readonly source?: Iterator<unknown> | AsyncIterator<unknown>;
}

/** The option that is a stream of pictures; only `labelPortraits` has it. */
const SOURCE = 'portraits';

/**
 * Separates what crosses a thread from what cannot. The caller keeps their pictures: what goes over are copies.
 *
 * @param remedy how a caller brings their own model to the other thread
 * @throws InvalidOptionError a model object, a tensor or a function
 */
export function splitCall({ name, arguments: args }: LongCall, remedy: string): SplitCall {
  const [inputs, options] = [args.slice(0, -1), args.at(-1) as Record<string, unknown>];
  const pulls = name === 'labelPortraits';
  const { signal, [SOURCE]: source, ...rest } = options;
  assertPlain(rest, remedy);
  const listeners = new Map<string, (event: unknown) => void>();
  const plainOptions = plainCopy(rest, (key, value, path) => {
    if (!isListener(key, value)) return false;
    listeners.set(path, value);
    return true;
  });
  const plain: PlainCall = {
    name,
    arguments: [...inputs.map((input) => plainCopy(input)), plainOptions],
    listeners: [...listeners.keys()],
    pulls,
  };
  return {
    plain,
    ...(signal !== undefined && { signal: signal as AbortSignal }),
    listeners,
    ...(pulls && { source: iterate(source as Iterable<unknown> | AsyncIterable<unknown>) }),
  };
}

/**
 * Refuses options that cannot be sent to another thread. A signal is left out of account.
 * @throws InvalidOptionError
 */
export function assertPlain(options: object, remedy: string): void {
  for (const [key, value] of Object.entries(options)) {
    const obstacle = obstacleIn(value, key);
    if (obstacle === undefined) continue;
    const { path, kind } = obstacle;
    throw new InvalidOptionError(
      `${path} is ${words[kind]}, which cannot be sent to a worker.`,
      kind === 'model' || kind === 'function'
        ? remedy
        : 'Pass plain data: pictures as RasterImage, latents as latentData() makes them.',
    );
  }
}

const words = {
  model: 'a model of this thread',
  function: 'a function',
  tensor: 'a tensor of this thread',
  object: 'an object of this thread',
} as const;

function iterate<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
): Iterator<Item> | AsyncIterator<Item> {
  return Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
}
