import { QueueError } from '@latent-matte/core';
import { z } from 'zod';
import { describeIssues } from './describe-issues';

/** What a job asks for: the pairs `start … start + count − 1` of a run. Everything else is in its `generation.json`. */
export const jobSchema = z.strictObject({
  schema: z.literal(1),
  run: z.string().regex(/^[0-9a-f]{64}$/),
  start: z
    .int()
    .min(0)
    .max(2 ** 32 - 1),
  count: z.int().min(1).max(100_000),
});

export type RangeJob = z.infer<typeof jobSchema>;

/** What a finished job leaves. */
export const resultSchema = z.object({
  found: z.int().min(0),
  accepted: z.int().min(0),
  rejected: z.int().min(0),
});

/**
 * Parses what a job holds; it may come from a stranger.
 * @throws QueueError
 */
export function parseJob(data: unknown): RangeJob {
  const { data: job, error } = jobSchema.safeParse(data);
  if (job !== undefined) return job;
  throw new QueueError(
    `A job of the queue is not one of latent-matte (${describeIssues(error)}).`,
    'Give latent-matte a queue of its own with --name.',
  );
}

/** Ranges that begin at multiples of their size, wherever the indices do. */
export function rangesOf(run: string, indices: readonly number[], size: number): RangeJob[] {
  const jobs: RangeJob[] = [];
  for (const index of indices) {
    const last = jobs.at(-1);
    if (last !== undefined && Math.floor(last.start / size) === Math.floor(index / size)) {
      jobs[jobs.length - 1] = { ...last, count: index - last.start + 1 };
    } else jobs.push({ schema: 1, run, start: index, count: 1 });
  }
  return jobs;
}
