import { useNodeBackend, type WorkerPoolOptions } from '@latent-matte/backend-node';
import { InvalidOptionError, LatentMatteError, QueueError } from '@latent-matte/core';
import { settingsDifferences } from '@latent-matte/files/settings-differences';
import type { Job } from 'bullmq';
import type { RunBackgrounds } from './generate-backgrounds';
import { GenerationOutput } from './generate-output';
import { createPairMaker, fillOutput, indexRange } from './generate-pairs';
import { namedOptionsOf, pairOptionsOf, type RunSettings, runSettings } from './generate-settings';
import { connectQueue, type QueueAddress } from './queue-connection';
import { parseJob } from './queue-job';
import { countJobs } from './queue-status';

export interface QueueWorkerOptions extends QueueAddress {
  /** Where the pairs go: what `generate` was given. Jobs cannot choose it. */
  readonly out: string;
  /** Threads that make pairs. Default 1. */
  readonly concurrency?: number;
  /** Portraits optimised at a time on `wasm` and `cpu`; elsewhere the run decides. Default 1. */
  readonly batch?: number;
  /** Those of the run, of `readBackgrounds`. Default: none. */
  readonly backgrounds?: RunBackgrounds;
  /** As of `createWorkerPool`. */
  readonly setup?: WorkerPoolOptions['setup'];
  /** A worker that is silent for so long is taken for dead, and its jobs go to others. Default 30 s. */
  readonly lockSeconds?: number;
  /** End when nothing waits or is in work any more. Default: wait for more. */
  readonly exitWhenDone?: boolean;
  /** Stops within a step, and gives back what is in work. */
  readonly signal?: AbortSignal;
  /** One line when something begins, ends or fails. */
  readonly onNote?: (text: string) => void;
}

/** What a worker did. */
export interface QueueWorkerSummary {
  readonly jobs: number;
  readonly pairs: number;
}

/**
 * A job that stops so many workers in the middle is given up. Redis counts every worker that was killed with it, too.
 */
const MAX_STALLED = 10;

/** How often a worker looks whether the others are done, and whether the jobs are still there. */
const LOOK_MILLISECONDS = 500;

/** So many looks in a row that find a queue empty which held jobs: between two of a new request it may be, for a moment. */
const LOST_LOOKS = 4;

/**
 * Makes the pairs that a queue asks for, until the signal fires. The pairs are computed in threads, so that this one
 * can tell Redis all the time that the worker is alive.
 *
 * ```ts
 * import { runQueueWorker } from '@latent-matte/pairs';
 *
 * const summary = await runQueueWorker({
 *   url: 'redis://localhost:6379',
 *   out: 'pairs',
 *   exitWhenDone: true,
 * });
 * ```
 *
 * @throws InvalidOptionError `out` holds no run, or this machine would make other bytes
 * @throws QueueError Redis cannot be reached or lost its jobs, or its queue is of another run
 * @throws LatentMatteError models, backend, output
 */
export async function runQueueWorker(options: QueueWorkerOptions): Promise<QueueWorkerSummary> {
  const { concurrency = 1, lockSeconds = 30, exitWhenDone = false, signal } = options;
  const note = options.onNote ?? (() => undefined);
  const connection = await connectQueue(options);
  const open: { close(): Promise<void> | void }[] = [connection];
  try {
    const output = await GenerationOutput.attach(options.out);
    open.push(output);
    const { settings } = output;
    await assertSameBytes(settings, options.backgrounds, output.store.description);
    const device = settings.device as NonNullable<WorkerPoolOptions['device']>;
    const maker = await createPairMaker(
      pairOptionsOf(settings, options.batch, options.backgrounds),
      {
        device,
        workers: concurrency,
        ...(options.setup !== undefined && { setup: options.setup }),
      },
    );
    open.push(maker);
    note(`device: ${device} · ${concurrency} at a time · ${connection.description}`);

    const { bullmq, redis, name } = connection;
    const done = { jobs: 0, pairs: 0 };
    let fail: (error: unknown) => void = () => undefined;
    const process = async (job: Job, token?: string) => {
      const { run, start, count } = parsed(bullmq.UnrecoverableError, job.data);
      if (run !== output.run) {
        // Another worker's: this one is in the wrong place.
        fail(
          new QueueError(
            `The queue "${name}" is of another run than ${output.store.description}.`,
            'Give --out what that run was given, or each run a queue of its own with --name.',
          ),
        );
        await job.moveToWait(token);
        throw new bullmq.WaitingError();
      }
      try {
        const found = { found: 0, accepted: 0, rejected: 0 };
        let reported = 0;
        const summary = await fillOutput(output, indexRange(start, count), maker, {
          ...(signal && { signal }),
          onProgress: ({ done: made, count: missing, accepted, rejected }) => {
            if (made === reported) return;
            reported = made;
            Object.assign(found, { found: count - missing, accepted, rejected });
            // Progress is for people: a Redis that is away for a moment is no reason to stop.
            job.updateProgress({ ...found }).catch(() => undefined);
          },
        });
        done.jobs++;
        done.pairs += summary.accepted + summary.rejected;
        note(
          `pairs ${start}…${start + count - 1}: ${summary.accepted} accepted, ${summary.rejected} rejected` +
            (summary.found > 0 ? `, ${summary.found} were there` : ''),
        );
        return summary;
      } catch (error) {
        if (signal?.aborted) {
          await job.moveToWait(token);
          throw new bullmq.WaitingError();
        }
        note(`pairs ${start}…${start + count - 1}: ${(error as Error).message}`);
        // The same latents would fail again.
        if (LatentMatteError.isInstance(error) && error.code === 'MODEL_OUTPUT') {
          throw new bullmq.UnrecoverableError(error.message);
        }
        throw error;
      }
    };
    const worker = new bullmq.Worker(name, process, {
      connection: redis,
      concurrency,
      autorun: false,
      lockDuration: lockSeconds * 1000,
      stalledInterval: lockSeconds * 1000,
      maxStalledCount: MAX_STALLED,
    });
    const queue = new bullmq.Queue(name, { connection: redis });
    // What goes wrong ends the connection, which `lost` tells; without a listener Node would end the process.
    worker.on('error', () => undefined);
    queue.on('error', () => undefined);
    worker.on('stalled', (id) =>
      note(`job ${id} was in the hands of a worker that died; it is made again`),
    );
    let looking: NodeJS.Timeout | undefined;
    const finished = new Promise<void>((resolve, reject) => {
      signal?.addEventListener('abort', () => resolve(), { once: true });
      fail = reject;
      connection.lost.catch(reject);
      // A Redis that comes back without its data says "empty", as one does that was never asked for anything.
      let hadJobs = false;
      let emptyLooks = 0;
      const check = async (isLook: boolean) => {
        // Who waits for more is told once, and asks Redis no longer.
        if (isLook && !exitWhenDone && !hadJobs) return;
        const { unfinished, ended } = await countJobs(queue);
        if (unfinished + ended > 0) hadJobs = true;
        if (unfinished > 0 || ended > 0) emptyLooks = 0;
        else if (isLook && hadJobs && ++emptyLooks >= LOST_LOOKS) {
          if (exitWhenDone) throw jobsLost(name);
          hadJobs = false;
          emptyLooks = 0;
          note(waitsForMore(name));
        }
        if (unfinished > 0 || ended === 0 || (isLook && !exitWhenDone)) return;
        // Whoever ends last: the others wrote less, or the same.
        await output.writeManifest();
        if (exitWhenDone) resolve();
      };
      worker.on('active', () => {
        hadJobs = true;
      });
      const checkLater = (isLook: boolean) => void check(isLook).catch(reject);
      for (const event of ['completed', 'failed', 'drained'] as const) {
        worker.on(event as 'drained', () => checkLater(false));
      }
      // The last job may be another worker's.
      looking = setInterval(() => checkLater(true), LOOK_MILLISECONDS);
    });
    try {
      if (signal?.aborted) return done;
      const running = worker.run();
      await Promise.race([finished, running]);
    } finally {
      clearInterval(looking);
      await worker.close();
      await queue.close();
    }
    return done;
  } finally {
    for (const item of open.reverse()) await item.close();
  }
}

const jobsLost = (name: string): QueueError =>
  new QueueError(
    `The queue "${name}" lost its jobs: was Redis restarted without its data?`,
    'The same `latent-matte generate --queue` asks for what is missing.',
  );

const waitsForMore = (name: string): string =>
  `the queue "${name}" is empty: it was cleared, or Redis was restarted without its data; waiting for more (the same ` +
  '`latent-matte generate --queue` asks for what is missing; Ctrl-C ends this worker)';

/** @throws what the queue takes for a reason not to try again */
function parsed(Unrecoverable: new (message: string) => Error, data: unknown) {
  try {
    return parseJob(data);
  } catch (error) {
    throw new Unrecoverable((error as Error).message);
  }
}

/** @throws InvalidOptionError the versions, weights or backgrounds of this machine differ from those of the run */
async function assertSameBytes(
  settings: RunSettings,
  backgrounds: RunBackgrounds | undefined,
  where: string,
): Promise<void> {
  const options = namedOptionsOf(settings);
  // The device is started in the threads; here it only has to exist.
  await useNodeBackend({ device: settings.device as NonNullable<WorkerPoolOptions['device']> });
  const here = await runSettings(options, settings.device, settings.output, backgrounds);
  const differences = settingsDifferences(settings, here);
  if (differences.length === 0) return;
  throw new InvalidOptionError(
    `This machine would make other pairs than the run in ${where}: ${differences.slice(0, 6).join('; ')}.`,
    'Install the same version of latent-matte and the same models as where the run was started, and give the same --background pictures.',
  );
}
