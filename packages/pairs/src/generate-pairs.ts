import { createWorkerPool, type WorkerPoolOptions } from '@latent-matte/backend-node';
import { AbortedError } from '@latent-matte/core';
import {
  type GeneratedPair,
  type GenerationProgress,
  PairGenerator,
  type PairHooks,
  type PairOptions,
} from '@latent-matte/core/generate';
import type { GenerationOutput } from './generate-output';

/** What makes pairs: this thread, or a pool of them. */
export interface PairMaker {
  /** How many calls of `generate` it serves at a time. */
  readonly concurrency: number;
  /** Pairs optimised at a time. */
  readonly batch: number;
  generate(indices: readonly number[], hooks: PairHooks): Promise<GeneratedPair[]>;
  close(): Promise<void>;
}

/**
 * Loads the models: on this thread, on the backend in use, or in as many threads as `workers` says, each with a
 * backend of its own. Pairs are the same in both, to the bit.
 *
 * ```ts
 * import { useNodeBackend } from '@latent-matte/backend-node';
 * import { createPairMaker } from '@latent-matte/pairs';
 *
 * await useNodeBackend();
 * const maker = await createPairMaker({ generator: 'compact-generator', seed: 7 });
 * const [pair] = await maker.generate([0], {});
 * await maker.close();
 * ```
 *
 * @throws InvalidOptionError, UnknownModelError, WeightsError, BackendError
 */
export async function createPairMaker(
  options: PairOptions,
  pool?: WorkerPoolOptions,
): Promise<PairMaker> {
  if (pool === undefined) {
    const generator = await PairGenerator.create(options);
    return {
      concurrency: 1,
      batch: generator.batch,
      generate: (indices, hooks) => generator.generate(indices, hooks),
      close: async () => generator.dispose(),
    };
  }
  const threads = await createWorkerPool(pool);
  try {
    // No pairs, but the models: what is wrong with them shows now.
    await threads.generatePairs([], options);
  } catch (error) {
    await threads.close();
    throw error;
  }
  return {
    concurrency: threads.workers,
    batch: options.batch ?? 1,
    generate: (indices, hooks) => threads.generatePairs(indices, options, hooks),
    close: () => threads.close(),
  };
}

export interface FillOptions {
  readonly signal?: AbortSignal;
  /** Called at each step, and after each pair that was written. */
  readonly onProgress?: (progress: GenerationProgress) => void;
}

/** How many pairs were made, and what became of them. */
export interface FillSummary {
  /** Complete before. */
  readonly found: number;
  readonly accepted: number;
  readonly rejected: number;
}

/**
 * Makes those of some pairs that an output lacks, and writes each as it is done.
 *
 * ```ts
 * import {
 *   createPairMaker,
 *   fillOutput,
 *   GenerationOutput,
 *   indexRange,
 *   runSettings,
 * } from '@latent-matte/pairs';
 *
 * const settings = await runSettings({ generator: 'compact-generator', seed: 7 }, 'wasm');
 * const output = await GenerationOutput.open('pairs', settings);
 * const maker = await createPairMaker({ generator: 'compact-generator', seed: 7 });
 * const { accepted } = await fillOutput(output, indexRange(0, 100), maker);
 * ```
 *
 * @throws AbortedError the signal fired; what was written stands
 * @throws OutputError, ModelOutputError, BackendError
 */
export async function fillOutput(
  output: GenerationOutput,
  indices: readonly number[],
  maker: PairMaker,
  { signal, onProgress }: FillOptions = {},
): Promise<FillSummary> {
  const complete = await output.doneOf(indices);
  const missing = indices.filter((index) => !complete.has(index));
  const batches = alignedBatches(missing, maker.batch);
  const { steps } = output.settings.generation;
  const began = performance.now();
  const counts = { accepted: 0, rejected: 0 };
  const inWork = new Map<number, number>();
  const report = (batch: readonly number[], step: number): void => {
    const done = counts.accepted + counts.rejected;
    const elapsedSeconds = (performance.now() - began) / 1000;
    let share = done;
    for (const at of inWork.values()) share += at / Math.max(1, steps + 1);
    const left = missing.length - share;
    const remainingSeconds =
      share === 0 ? Number.POSITIVE_INFINITY : (elapsedSeconds / share) * left;
    const count = missing.length;
    onProgress?.({
      ...counts,
      done,
      count,
      indices: batch,
      step,
      steps,
      elapsedSeconds,
      remainingSeconds,
    });
  };
  const next = batches.values();
  const lane = async (): Promise<void> => {
    for (const batch of next) {
      if (signal?.aborted) throw new AbortedError('Cancelled between two pairs.');
      const pairs = await maker.generate(batch, {
        ...(signal && { signal }),
        onStep: ({ indices: now, step }) => {
          for (const index of now) inWork.set(index, step);
          report(now, step);
        },
      });
      for (const pair of pairs) {
        await output.write(pair);
        inWork.delete(pair.index);
        counts[pair.gate.accepted ? 'accepted' : 'rejected']++;
        report([], 0);
      }
    }
  };
  const lanes = Array.from({ length: Math.min(maker.concurrency, batches.length) }, () =>
    lane().catch((error: unknown) => {
      // The others finish what they are at.
      for (const _ of next);
      throw error;
    }),
  );
  const settled = await Promise.allSettled(lanes);
  const failed = settled.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return { found: complete.size, ...counts };
}

/** Cut at multiples of the size, wherever a run begins. */
function alignedBatches(indices: readonly number[], size: number): number[][] {
  const batches: number[][] = [];
  for (const index of indices) {
    const last = batches.at(-1);
    if (last !== undefined && Math.floor(last[0]! / size) === Math.floor(index / size)) {
      last.push(index);
    } else batches.push([index]);
  }
  return batches;
}

/**
 * `start … start + count − 1`.
 *
 * ```ts
 * import { indexRange } from '@latent-matte/pairs';
 *
 * console.log(indexRange(10, 3)); // [10, 11, 12]
 * ```
 */
export const indexRange = (start: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => start + i);
