import {
  AbortedError,
  type EnhancementStep,
  type EnhanceOptions,
  InvalidImageError,
} from '@latent-matte/core';
import { assertPlain } from '@latent-matte/core/backend';
import { assertOptions, resolveEnhancement, said } from '@latent-matte/core/internal';
import type { NodeEnhancement } from '../calls/enhance-portrait';
import type { PictureSource } from '../image/decoded-picture';
import { createWorkerPool, setupRemedy, type WorkerPoolOptions } from './worker-pool';

export interface EnhancePortraitsOptions
  extends Omit<EnhanceOptions, 'onProgress' | 'onPhase'>,
    WorkerPoolOptions {
  /** Called at each step of each portrait. */
  onProgress?: (step: EnhancementStep, index: number) => void;
}

/** What became of one portrait. */
export type PortraitOutcome =
  | { readonly index: number; readonly enhancement: NodeEnhancement; readonly error?: undefined }
  | { readonly index: number; readonly enhancement?: undefined; readonly error: unknown };

/**
 * Enhances several portraits in parallel worker threads and yields each as it is done, with its place in the input.
 * Results are the same, to the bit, as one at a time on the same device (`native`: with one thread of TensorFlow, as here).
 * Photos are taken, and read, only as threads become free.
 *
 * A portrait that fails is one outcome with its `error`; the others go on. Stopping the iteration ends the threads.
 *
 * ```ts
 * import { enhancePortraits } from '@latent-matte/backend-node';
 *
 * const photos = ['a.jpg', 'b.jpg'];
 * for await (const { index, enhancement, error } of enhancePortraits(photos, { workers: 2 })) {
 *   if (enhancement) await enhancement.after.write(`${index}.png`);
 *   else console.error(index, error);
 * }
 * ```
 *
 * @param photos each in any form that `cutOut` takes
 * @throws AbortedError `signal` fired
 * @throws BackendError, InvalidOptionError as {@link createWorkerPool}; also for models that are not given by name
 */
export async function* enhancePortraits(
  photos: Iterable<PictureSource> | AsyncIterable<PictureSource>,
  options: EnhancePortraitsOptions = {},
): AsyncGenerator<PortraitOutcome, void, void> {
  assertOptions(options, 'options');
  const { device, compile, workers, setup, onProgress, ...enhanceOptions } = options;
  // What is wrong with the options is wrong with every portrait.
  resolveEnhancement(enhanceOptions, 'enhancePortraits', ['device', 'compile', 'workers', 'setup']);
  assertPlain(enhanceOptions, setupRemedy);
  const { signal } = options;
  if (signal?.aborted) throw new AbortedError('Cancelled before the start.');
  const source = iterate(photos);
  const pool = await createWorkerPool({ device, compile, workers, setup });
  const running = new Map<number, Promise<PortraitOutcome>>();
  let next = 0;
  let exhausted = false;
  try {
    for (;;) {
      while (!exhausted && running.size < pool.workers) {
        const { value, done } = await source.next();
        if (done) {
          exhausted = true;
          break;
        }
        const index = next++;
        running.set(
          index,
          pool
            .enhancePortrait(value, {
              ...enhanceOptions,
              ...(onProgress && { onProgress: (step) => onProgress(step, index) }),
            })
            .then(
              (enhancement) => ({ index, enhancement }),
              (error: unknown) => ({ index, error }),
            ),
        );
      }
      if (running.size === 0) return;
      const outcome = await Promise.race(running.values());
      running.delete(outcome.index);
      if (signal?.aborted && outcome.error !== undefined) throw outcome.error;
      yield outcome;
    }
  } finally {
    await pool.close();
    await source.return?.();
  }
}

function iterate<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
): Iterator<Item> | AsyncIterator<Item> {
  const isStream =
    typeof items === 'object' &&
    items !== null &&
    (Symbol.asyncIterator in items || Symbol.iterator in items);
  if (!isStream) {
    throw new InvalidImageError(
      `The images are ${said(items)}.`,
      'Pass an array of pictures, or a generator that reads them.',
    );
  }
  return Symbol.asyncIterator in items
    ? items[Symbol.asyncIterator]()
    : (items as Iterable<Item>)[Symbol.iterator]();
}
