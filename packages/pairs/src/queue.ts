import { QueueError } from '@latent-matte/core';
import type { Queue } from 'bullmq';
import type { GenerationOutput } from './generate-output';
import { connectQueue, type QueueAddress, type QueueConnection } from './queue-connection';
import { jobSchema, parseJob, rangesOf } from './queue-job';
import { ended, jobsOf, type QueueStatus, statusOf, unfinished } from './queue-status';

const DEFAULT_RANGE = 16;

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
    for (const job of await jobsOf(this.#queue, unfinished)) {
      if (parseJob(job.data).run === run) continue;
      throw new QueueError(
        `The queue "${this.#connection.name}" still holds work of another run.`,
        'Wait for it, or give this run a queue of its own with --name.',
      );
    }
    for (const job of await jobsOf(this.#queue, ended)) {
      if (jobSchema.safeParse(job.data).data?.run !== run) await job.remove();
    }
  }

  async status(): Promise<QueueStatus> {
    return await statusOf(this.#queue, this.#connection.name);
  }

  /** Rejects when Redis is gone for good; never resolves. */
  get lost(): Promise<never> {
    return this.#connection.lost;
  }

  async close(): Promise<void> {
    // A Redis that is gone takes no farewell; `lost` has said so.
    await this.#queue.close().catch(() => undefined);
    await this.#connection.close();
  }
}
