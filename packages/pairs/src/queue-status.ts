import type { Job, JobType, Queue } from 'bullmq';
import { jobSchema, resultSchema } from './queue-job';

/** States of a job that is not yet ended. */
export const unfinished = ['waiting', 'prioritized', 'active', 'delayed'] as const;
export const ended = ['completed', 'failed'] as const;

/** Jobs read at a time. */
const PAGE = 1000;
/** The rate is that of so many minutes. */
const RATE_MINUTES = 10;

/** How far the workers of a queue are. */
export interface QueueStatus {
  readonly name: string;
  /** Pairs, by what became of them; those of a job in work count as waiting until they are written. */
  readonly pairs: { readonly total: number; readonly done: number; readonly failed: number };
  readonly accepted: number;
  readonly rejected: number;
  readonly jobs: {
    readonly waiting: number;
    readonly active: number;
    /** Failed, and waiting to be tried again. */
    readonly delayed: number;
    readonly completed: number;
    readonly failed: number;
  };
  readonly workers: number;
  /** Pairs per minute over the last ten minutes; 0 where nothing was finished. */
  readonly perMinute: number;
  /** `null` while nothing is finished. */
  readonly remainingSeconds: number | null;
  /** Jobs that were given up. */
  readonly failures: readonly {
    readonly start: number;
    readonly count: number;
    readonly attempts: number;
    readonly reason: string;
  }[];
}

/** All jobs in some states. */
export async function jobsOf(queue: Queue, states: readonly JobType[]): Promise<Job[]> {
  const all: Job[] = [];
  for (let from = 0; ; from += PAGE) {
    const page = await queue.getJobs([...states], from, from + PAGE - 1, true);
    // A job may be gone by the time it is read.
    all.push(...page.filter((job) => job !== undefined && job !== null));
    if (page.length === 0) return all;
  }
}

/** Jobs of a queue: not yet ended, and ended one way or the other. */
export async function countJobs(
  queue: Pick<Queue, 'getJobCounts'>,
): Promise<{ readonly unfinished: number; readonly ended: number }> {
  const counts = await queue.getJobCounts(...unfinished, ...ended);
  const count = (states: readonly string[]) =>
    states.reduce((sum, state) => sum + (counts[state] ?? 0), 0);
  return { unfinished: count(unfinished), ended: count(ended) };
}

export async function statusOf(queue: Queue, name: string): Promise<QueueStatus> {
  const counts = await queue.getJobCounts(...unfinished, ...ended);
  const pairs = { total: 0, done: 0, failed: 0 };
  const verdicts = { accepted: 0, rejected: 0 };
  const failures: QueueStatus['failures'][number][] = [];
  const recent: { at: number; began: number; made: number }[] = [];
  for (const job of await jobsOf(queue, unfinished)) {
    pairs.total += jobSchema.safeParse(job.data).data?.count ?? 0;
    const { data: progress } = resultSchema.safeParse(job.progress);
    if (progress === undefined || !(await job.isActive())) continue;
    pairs.done += progress.found + progress.accepted + progress.rejected;
    verdicts.accepted += progress.accepted;
    verdicts.rejected += progress.rejected;
  }
  for (const job of await jobsOf(queue, ended)) {
    const { start = 0, count = 0 } = jobSchema.safeParse(job.data).data ?? {};
    pairs.total += count;
    if (job.failedReason !== undefined && job.returnvalue === null) {
      pairs.failed += count;
      failures.push({ start, count, attempts: job.attemptsMade, reason: job.failedReason });
      continue;
    }
    pairs.done += count;
    const { data: made } = resultSchema.safeParse(job.returnvalue);
    if (made === undefined) continue;
    verdicts.accepted += made.accepted;
    verdicts.rejected += made.rejected;
    if (job.finishedOn !== undefined && job.processedOn !== undefined) {
      const number = made.accepted + made.rejected;
      recent.push({ at: job.finishedOn, began: job.processedOn, made: number });
    }
  }
  const perMinute = rateOf(recent, Date.now());
  const left = pairs.total - pairs.done - pairs.failed;
  return {
    name: name,
    pairs,
    ...verdicts,
    jobs: {
      waiting: (counts.waiting ?? 0) + (counts.prioritized ?? 0),
      active: counts.active ?? 0,
      delayed: counts.delayed ?? 0,
      completed: counts.completed ?? 0,
      failed: counts.failed ?? 0,
    },
    workers: await queue.getWorkersCount(),
    perMinute,
    remainingSeconds: perMinute > 0 ? (left / perMinute) * 60 : null,
    failures,
  };
}

/** Pairs per minute of the jobs that ended in the last minutes. */
function rateOf(jobs: readonly { at: number; began: number; made: number }[], now: number): number {
  const since = now - RATE_MINUTES * 60_000;
  const recent = jobs.filter(({ at }) => at >= since);
  if (recent.length === 0) return 0;
  const began = Math.max(since, Math.min(...recent.map((job) => job.began)));
  const made = recent.reduce((sum, job) => sum + job.made, 0);
  return made / Math.max(1 / 60, (now - began) / 60_000);
}
