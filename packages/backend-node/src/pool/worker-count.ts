import { availableParallelism } from 'node:os';
import type { NodeDevice } from '../device/devices';
import { processMemory } from '../device/memory-limits';

/** Most threads of a pool. */
export const MAX_WORKERS = 64;

const BYTES_PER_WORKER = 1.5e9;

/**
 * How many threads a pool has when nobody says: on processors one per core, as far as the memory reaches. A GPU serves
 * one portrait at a time.
 *
 * @param jobs more threads than that would wait
 */
export function usualWorkers(device: NodeDevice, jobs = Number.POSITIVE_INFINITY): number {
  if (device === 'cuda' || device === 'webgpu') return 1;
  const room = Math.floor(processMemory() / BYTES_PER_WORKER);
  return Math.max(1, Math.min(MAX_WORKERS, availableParallelism(), room, jobs));
}

/**
 * TensorFlow computes with one thread per session from now on, unless the environment says otherwise: a step of a
 * network gains little from a second thread, a second portrait does. The last digits differ for some pictures. TensorFlow
 * reads this when the first thread of the process starts it; after that it changes nothing.
 */
export function computeWithOneThreadEach(): void {
  process.env.TF_NUM_INTRAOP_THREADS ??= '1';
  process.env.TF_NUM_INTEROP_THREADS ??= '1';
}
