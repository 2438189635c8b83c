import { AbortedError } from '@latent-matte/backend-node';
import { QueueError } from '@latent-matte/backend-node/core';
import type { GenerationOutput, PairQueue, QueueStatus } from '@latent-matte/pairs';
import type { Terminal } from '../terminal/terminal';
import type { GenerateCommandOptions } from './grammar';
import { createGenerationProgress } from './progress';

/** How often a waiting `generate --queue` looks. */
const LOOK_MILLISECONDS = 500;

/**
 * Asks the queue for the pairs an output lacks, and waits until the workers have made them.
 *
 * @returns `detached` where nobody waits
 * @throws QueueError Redis cannot be reached, or jobs failed
 * @throws AbortedError the signal fired; the workers go on
 */
export async function enqueueAndWait(
  queue: PairQueue,
  output: GenerationOutput,
  indices: readonly number[],
  { range, detach, out }: GenerateCommandOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<'done' | 'detached'> {
  const jobs = await queue.enqueue(output, indices, range);
  terminal.note(`${jobs} jobs added to the queue`);
  if (detach) {
    terminal.note(`\`latent-matte queue status --queue ${queue.address}\` tells how far they are.`);
    return 'detached';
  }
  const status = await Promise.race([waitFor(queue, out, terminal, signal), queue.lost]);
  const [failure] = status.failures;
  if (failure === undefined) return 'done';
  throw new QueueError(
    `${status.pairs.failed} pairs were given up, the first for: ${failure.reason}`,
    'The same command asks for them again.',
  );
}

async function waitFor(
  queue: PairQueue,
  out: string,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<QueueStatus> {
  const progress = createGenerationProgress(terminal);
  const began = performance.now();
  let told = false;
  try {
    for (;;) {
      const status = await queue.status();
      const { pairs, jobs, accepted, rejected, remainingSeconds, workers } = status;
      if (jobs.waiting + jobs.active + jobs.delayed === 0) return status;
      if (workers === 0 && !told) {
        told = true;
        terminal.note(
          `No worker is running: start \`latent-matte worker --queue ${queue.address} --out ${out}\`.`,
        );
      }
      progress.update({
        done: pairs.done,
        count: pairs.total,
        accepted,
        rejected,
        indices: [],
        step: 0,
        steps: 0,
        elapsedSeconds: (performance.now() - began) / 1000,
        remainingSeconds: remainingSeconds ?? Number.POSITIVE_INFINITY,
      });
      await pause(LOOK_MILLISECONDS, signal);
      if (signal.aborted) {
        throw new AbortedError('Stopped waiting. The workers go on; the same command waits again.');
      }
    }
  } finally {
    progress.stop();
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, milliseconds);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done, { once: true });
  });
}
