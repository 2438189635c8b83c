import {
  createWorkerPool,
  cutOut,
  matte,
  type NodeDevice,
  useNodeBackend,
  type WorkerPool,
} from '@latent-matte/backend-node';
import { workerSetup } from '../model-choice/chosen-files';
import { threadsFor } from '../picture-workers/picture-workers';

/** What cuts photos out, and how many at a time. */
export type CutOutWorkers = Pick<
  WorkerPool,
  'workers' | 'description' | 'cutOut' | 'matte' | 'close'
>;

/**
 * One photo after another on this thread, or as many at a time as there are workers.
 *
 * @throws BackendError the device cannot be used
 * @throws InvalidOptionError more workers than a pool has
 */
export async function startCutOutWorkers({
  workers = 1,
  device,
  threads,
  watch = false,
}: {
  workers?: number | undefined;
  device: NodeDevice;
  threads?: number | undefined;
  /** It stays for long, and cores that are idle now will not be. */
  watch?: boolean | undefined;
}): Promise<CutOutWorkers> {
  const own = threadsFor(threads, workers);
  if (workers > 1) return await createWorkerPool({ device, workers, setup: workerSetup() });
  const { description } = await useNodeBackend({
    device,
    threads: threads ?? (watch ? 1 : own),
  });
  return { workers, description, cutOut, matte, close: async () => undefined };
}
