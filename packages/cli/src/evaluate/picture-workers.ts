import type { EvaluateOptions } from '@latent-matte/backend-node';

/** What enhances pictures, and how many at a time. */
export interface PictureWorkers {
  readonly count: number;
  /** Absent: `enhancePortrait` on this thread, with models loaded once. */
  readonly enhance?: EvaluateOptions['enhance'];
  stop(): Promise<void>;
}

/** One picture after another, on this thread. */
export const thisThread = (enhance?: EvaluateOptions['enhance'], count = 1): PictureWorkers => ({
  count,
  ...(enhance && { enhance }),
  stop: async () => undefined,
});

/**
 * Prepares to enhance pictures.
 *
 * @param enhance for tests: takes the place of `enhancePortrait`
 */
export async function startWorkers(
  options: { workers?: number },
  enhance?: EvaluateOptions['enhance'],
): Promise<PictureWorkers> {
  return thisThread(enhance, enhance === undefined ? 1 : (options.workers ?? 1));
}
