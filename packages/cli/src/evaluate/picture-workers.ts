import {
  createWorkerPool,
  type NodeDevice,
  type WorkerPool,
  type WorkerPoolOptions,
} from '@latent-matte/backend-node';
import type { EvaluateOptions } from '@latent-matte/backend-node/evaluate';
import { workerSetup } from '../model-choice/chosen-files';

/** What enhances pictures, and how many at a time. */
export interface PictureWorkers {
  readonly count: number;
  /** Absent: `enhancePortrait` on this thread, with models loaded once. */
  readonly enhance?: NonNullable<EvaluateOptions['enhance']>;
  stop(): Promise<void>;
}

/**
 * Prepares to enhance pictures: one after another on this thread, or as many at a time as there are workers. A
 * picture's result is the same in both, to the bit; the other mattes and the errors are computed on this thread.
 *
 * @param enhance for tests: takes the place of `enhancePortrait`
 * @throws BackendError the device cannot be used in a worker
 */
export async function startWorkers(
  { workers = 1, device }: { workers?: number; device: NodeDevice },
  enhance?: EvaluateOptions['enhance'],
  createPool: (
    options: WorkerPoolOptions,
  ) => Promise<Pick<WorkerPool, 'workers' | 'enhancePortrait' | 'close'>> = createWorkerPool,
): Promise<PictureWorkers> {
  const stop = async () => undefined;
  if (enhance !== undefined) return { count: workers, enhance, stop };
  if (workers === 1) return { count: 1, stop };
  const pool = await createPool({ device, workers, setup: workerSetup() });
  return {
    count: pool.workers,
    enhance: (image, options) => pool.enhancePortrait(image, options),
    stop: () => pool.close(),
  };
}
