import {
  createWorkerPool,
  type NodeDevice,
  type WorkerPool,
  type WorkerPoolOptions,
} from '@latent-matte/backend-node';
import { InvalidOptionError } from '@latent-matte/backend-node/core';
import type { EvaluateOptions } from '@latent-matte/backend-node/evaluate';
import { computeWithOneThreadEach, usualWorkers } from '@latent-matte/backend-node/internal';
import { workerSetup } from '../model-choice/chosen-files';

/** What enhances pictures, and how many at a time. */
export interface PictureWorkers {
  readonly count: number;
  /** Absent: `enhancePortrait` on this thread, with models loaded once. */
  readonly enhance?: NonNullable<EvaluateOptions['enhance']>;
  stop(): Promise<void>;
}

/** What is asked of a pool. */
interface EnhancingPool extends Pick<WorkerPool, 'workers' | 'close'> {
  enhancePortrait: NonNullable<EvaluateOptions['enhance']>;
}

/**
 * Before a device is started on this thread: leaves the cores to the workers that {@link startWorkers} will start.
 *
 * @param pictures how many there are. @param workers as the user says
 */
export function leaveCoresToWorkers(pictures: number, workers: number | undefined): void {
  if ((workers ?? pictures) > 1) computeWithOneThreadEach();
}

/**
 * Threads of `wasm` on this thread: as the user says, or those of idle cores where one picture is worked on at a time.
 *
 * @param workers how many pictures are worked on at a time
 * @throws InvalidOptionError threads for one picture beside several workers
 */
export function threadsFor(threads: number | undefined, workers: number): number | 'auto' {
  if (workers < 2) return threads ?? 'auto';
  if (threads !== undefined) {
    throw new InvalidOptionError(
      `Each of ${workers} workers computes with one thread: nothing reads --threads.`,
      'Leave --threads out, or give --workers 1 too.',
    );
  }
  return 1;
}

/**
 * Prepares to enhance pictures: one after another on this thread, or as many at a time as there are workers. A
 * picture's result is the same in both, to the bit; the other mattes and the errors are computed on this thread.
 *
 * @param device the one in use on this thread
 * @param workers default: one per core on processors, no more than pictures
 * @param enhance for tests: takes the place of `enhancePortrait`
 * @throws BackendError the device cannot be used in a worker
 */
export async function startWorkers(
  {
    workers,
    device,
    pictures,
  }: {
    readonly workers?: number | undefined;
    readonly device: NodeDevice;
    readonly pictures: number;
  },
  enhance?: EvaluateOptions['enhance'],
  createPool: (options: WorkerPoolOptions) => Promise<EnhancingPool> = createWorkerPool,
): Promise<PictureWorkers> {
  const stop = async () => undefined;
  if (enhance !== undefined) return { count: workers ?? 1, enhance, stop };
  const count = workers ?? usualWorkers(device, pictures);
  if (count === 1) return { count, stop };
  const pool = await createPool({ device, workers: count, setup: workerSetup() });
  return {
    count: pool.workers,
    enhance: (image, options) => pool.enhancePortrait(image, options),
    stop: () => pool.close(),
  };
}
