import { InvalidOptionError, LatentMatteError, QueueError } from '@latent-matte/core';
import { loadOptional } from '@latent-matte/files/load-optional';
import type { Job, JobType, Queue } from 'bullmq';
import type { Redis, RedisOptions } from 'ioredis';
import { z } from 'zod';
import { describeIssues, type GenerationOutput } from './generate-output';

export type BullMQ = typeof import('bullmq');
type IORedis = typeof import('ioredis');

/** Which queue of which Redis. */
export interface QueueAddress {
  /** `redis://[USER:PASSWORD@]HOST[:PORT][/DB]`, or `rediss://` with TLS. */
  readonly url: string;
  /** Separates runs that share one Redis. Default `latent-matte-generate`. */
  readonly name?: string;
}

/** What a job asks for: the pairs `start … start + count − 1` of a run. Everything else is in its `generation.json`. */
const jobSchema = z.strictObject({
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
const resultSchema = z.object({
  found: z.int().min(0),
  accepted: z.int().min(0),
  rejected: z.int().min(0),
});

export const DEFAULT_NAME = 'latent-matte-generate';
const DEFAULT_RANGE = 16;
/** A Redis that does not answer for so long is not there. */
const CONNECT_MILLISECONDS = 4000;
/** Reconnections in a row after which a lost Redis stays lost: about a minute. */
const RECONNECTIONS = 25;
/** Jobs read at a time. */
const PAGE = 1000;
/** The rate is that of so many minutes. */
const RATE_MINUTES = 10;

const unfinished = ['waiting', 'prioritized', 'active', 'delayed'] as const;

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

/** A connection to a Redis that was reached. */
export interface QueueConnection {
  readonly bullmq: BullMQ;
  readonly redis: Redis;
  readonly name: string;
  /** Without the password. */
  readonly description: string;
  /** Rejects when Redis is gone for good; never resolves. */
  readonly lost: Promise<never>;
  close(): Promise<void>;
}

/** Environment variable that holds the password of Redis. */
export const PASSWORD_VARIABLE = 'LATENT_MATTE_REDIS_PASSWORD';

/**
 * Connects to Redis. A password that the address lacks is taken from `LATENT_MATTE_REDIS_PASSWORD`.
 *
 * @throws InvalidOptionError no such address, or `bullmq` and `ioredis` are not installed
 * @throws QueueError it does not answer within seconds
 */
export async function connectQueue({
  url: given,
  name = DEFAULT_NAME,
}: QueueAddress): Promise<QueueConnection> {
  const description = describeUrl(given);
  const url = withPassword(given);
  if (!/^[A-Za-z0-9._-]{1,100}$/.test(name)) {
    throw new InvalidOptionError(
      `"${name}" cannot be the name of a queue.`,
      'Use up to 100 letters, digits, dots, dashes and underscores.',
    );
  }
  const bullmq = loadOptional<BullMQ>('bullmq', 'runs the queue', import.meta.url);
  const { Redis } = loadOptional<IORedis>('ioredis', 'talks to Redis', import.meta.url);
  await assertReachable(Redis, url, description);
  let closing = false;
  const redis = new Redis(url, {
    // As BullMQ asks of connections that wait for jobs.
    maxRetriesPerRequest: null,
    connectTimeout: CONNECT_MILLISECONDS,
    retryStrategy: (times) => (times > RECONNECTIONS ? null : Math.min(200 * times, 3000)),
  });
  let last: Error | undefined;
  const lost = new Promise<never>((_, reject) => {
    redis.on('error', (error: Error) => {
      last = error;
    });
    redis.on('end', () => {
      if (!closing) reject(unreachable(description, last));
    });
  });
  // Nobody need be waiting when it is closed.
  lost.catch(() => undefined);
  return {
    bullmq,
    redis,
    name,
    description,
    lost,
    async close() {
      closing = true;
      redis.disconnect();
    },
  };
}

/** On a connection of its own that gives up at once: others wait for a Redis that comes back. */
async function assertReachable(
  Client: IORedis['Redis'],
  url: string,
  description: string,
): Promise<void> {
  const options: RedisOptions = {
    lazyConnect: true,
    connectTimeout: CONNECT_MILLISECONDS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  };
  const probe = new Client(url, options);
  let cause: Error | undefined;
  probe.on('error', (error: Error) => {
    cause = error;
  });
  try {
    await probe.connect();
    await probe.ping();
  } catch (error) {
    throw unreachable(description, cause ?? error);
  } finally {
    probe.disconnect();
  }
}

function unreachable(description: string, cause: unknown): QueueError {
  const { code = '', message = '' } = (cause ?? {}) as NodeJS.ErrnoException;
  return new QueueError(
    `Redis at ${description} cannot be reached (${[code, message].find((part) => part !== '') ?? 'no answer'}).`,
    'Start one (`apt-get install redis-server`, or `docker run -p 6379:6379 redis`), or check --queue.',
    { cause },
  );
}

/** The address with the password of the environment, where it has none of its own. */
export function withPassword(url: string): string {
  const password = process.env[PASSWORD_VARIABLE];
  const parsed = new URL(url);
  if (!password || parsed.password !== '') return url;
  parsed.password = encodeURIComponent(password);
  return parsed.href;
}

/** The address without user and password. @throws InvalidOptionError */
export function describeUrl(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const { protocol = '', host = '', pathname = '', hash = '', search = '' } = parsed ?? {};
  const isRedis = protocol === 'redis:' || protocol === 'rediss:';
  // Behind the host there is the number of a database; else a `/`, `#` or `?` of the password ended the host too soon,
  // and what is taken for host and path is a part of it.
  const isWhole =
    host !== '' && /^(\/\d*)?$/.test(pathname) && hash === '' && !search.includes('@');
  if (!isRedis || !isWhole) {
    const other = parsed !== undefined && !isRedis;
    throw new InvalidOptionError(
      // Never the address itself: a password that makes it unreadable would be printed.
      `${other ? `An address with ${protocol}` : 'The address of the queue'} is not that of a Redis.`,
      `Use redis://HOST:PORT or redis://HOST:PORT/DATABASE, or rediss:// with TLS; the password may stand in ${PASSWORD_VARIABLE}, where it needs no escapes and no list of processes shows it.`,
    );
  }
  return `${protocol}//${host}${pathname === '/' ? '' : pathname}`;
}

/** The side that asks for pairs and watches. */
export class PairQueue {
  readonly #connection: QueueConnection;
  readonly #queue: Queue;

  private constructor(connection: QueueConnection) {
    this.#connection = connection;
    this.#queue = new connection.bullmq.Queue(connection.name, { connection: connection.redis });
    // What goes wrong reaches the calls; without a listener Node would end the process.
    this.#queue.on('error', () => undefined);
  }

  /** The address without user and password, for messages. */
  get address(): string {
    return this.#connection.description;
  }

  /** @throws InvalidOptionError, QueueError as `connectQueue` */
  static async open(address: QueueAddress): Promise<PairQueue> {
    return new PairQueue(await connectQueue(address));
  }

  /**
   * Asks for those of some pairs that an output lacks. Ranges that wait already are not asked for again; those that
   * were given up are.
   *
   * @param range pairs in a job. Default 16
   * @returns how many jobs were added
   * @throws QueueError the queue holds work of another run
   */
  async enqueue(
    output: GenerationOutput,
    indices: readonly number[],
    range: number = DEFAULT_RANGE,
  ): Promise<number> {
    await this.#assertOwn(output.run);
    const missing = await output.missingOf(indices);
    let added = 0;
    for (const job of rangesOf(output.run, missing, range)) {
      const jobId = `${output.run.slice(0, 16)}-${job.start}-${job.count}`;
      const earlier = await this.#queue.getJob(jobId);
      const state = await earlier?.getState();
      if (state === 'completed' || state === 'failed') await earlier?.remove();
      else if (earlier !== undefined) continue;
      await this.#queue.add('pairs', job, {
        jobId,
        attempts: 5,
        backoff: { type: 'exponential', delay: 2000 },
      });
      added++;
    }
    return added;
  }

  /** One queue serves one run; what is left of finished ones is cleared away. */
  async #assertOwn(run: string): Promise<void> {
    for await (const job of this.#jobs([...unfinished])) {
      if (parseJob(job.data).run === run) continue;
      throw new QueueError(
        `The queue "${this.#connection.name}" still holds work of another run.`,
        'Wait for it, or give this run a queue of its own with --name.',
      );
    }
    for await (const job of this.#jobs(['completed', 'failed'])) {
      if (jobSchema.safeParse(job.data).data?.run !== run) await job.remove();
    }
  }

  async *#jobs(types: JobType[]): AsyncGenerator<Job, void, void> {
    const all: Job[] = [];
    for (let from = 0; ; from += PAGE) {
      const page = await this.#queue.getJobs(types, from, from + PAGE - 1, true);
      // A job may be gone by the time it is read.
      all.push(...page.filter((job) => job !== undefined && job !== null));
      if (page.length === 0) break;
    }
    yield* all;
  }

  async status(): Promise<QueueStatus> {
    const counts = await this.#queue.getJobCounts(...unfinished, 'completed', 'failed');
    const pairs = { total: 0, done: 0, failed: 0 };
    const verdicts = { accepted: 0, rejected: 0 };
    const failures: QueueStatus['failures'][number][] = [];
    const recent: { at: number; began: number; made: number }[] = [];
    for await (const job of this.#jobs([...unfinished])) {
      pairs.total += jobSchema.safeParse(job.data).data?.count ?? 0;
      const { data: progress } = resultSchema.safeParse(job.progress);
      if (progress === undefined || !(await job.isActive())) continue;
      pairs.done += progress.found + progress.accepted + progress.rejected;
      verdicts.accepted += progress.accepted;
      verdicts.rejected += progress.rejected;
    }
    for await (const job of this.#jobs(['completed', 'failed'])) {
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
      name: this.#connection.name,
      pairs,
      ...verdicts,
      jobs: {
        waiting: (counts.waiting ?? 0) + (counts.prioritized ?? 0),
        active: counts.active ?? 0,
        delayed: counts.delayed ?? 0,
        completed: counts.completed ?? 0,
        failed: counts.failed ?? 0,
      },
      workers: await this.#queue.getWorkersCount(),
      perMinute,
      remainingSeconds: perMinute > 0 ? (left / perMinute) * 60 : null,
      failures,
    };
  }

  /** Rejects when Redis is gone for good; never resolves. */
  get lost(): Promise<never> {
    return this.#connection.lost;
  }

  async close(): Promise<void> {
    await this.#queue.close().catch((error: unknown) => {
      if (!LatentMatteError.isInstance(error)) return;
      throw error;
    });
    await this.#connection.close();
  }
}

/** Jobs of a queue: not yet ended, and ended one way or the other. */
export async function countJobs(
  queue: Pick<Queue, 'getJobCounts'>,
): Promise<{ readonly unfinished: number; readonly ended: number }> {
  const counts = await queue.getJobCounts(...unfinished, 'completed', 'failed');
  const count = (types: readonly string[]) =>
    types.reduce((sum, type) => sum + (counts[type] ?? 0), 0);
  return { unfinished: count(unfinished), ended: count(['completed', 'failed']) };
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

/** Pairs per minute of the jobs that ended in the last minutes. */
function rateOf(jobs: readonly { at: number; began: number; made: number }[], now: number): number {
  const since = now - RATE_MINUTES * 60_000;
  const recent = jobs.filter(({ at }) => at >= since);
  if (recent.length === 0) return 0;
  const began = Math.max(since, Math.min(...recent.map((job) => job.began)));
  const made = recent.reduce((sum, job) => sum + job.made, 0);
  return made / Math.max(1 / 60, (now - began) / 60_000);
}
