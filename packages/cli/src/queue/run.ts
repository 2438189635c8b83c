import { PairQueue, type QueueStatus } from '@latent-matte/pairs';
import { formatSeconds } from '../terminal/progress';
import type { Terminal } from '../terminal/terminal';
import type { QueueCommandOptions } from './grammar';

/** `latent-matte queue status`. */
export async function queueStatusCommand(
  { queue: url, name, json }: QueueCommandOptions,
  terminal: Terminal,
): Promise<void> {
  const queue = await PairQueue.open({ url, ...(name !== undefined && { name }) });
  try {
    const status = await queue.status();
    terminal.out(json ? JSON.stringify(status, null, 2) : describeStatus(status));
  } finally {
    await queue.close();
  }
}

function describeStatus(status: QueueStatus): string {
  const { pairs, jobs, workers, perMinute, remainingSeconds, accepted, rejected } = status;
  const share = pairs.total === 0 ? 0 : (100 * pairs.done) / pairs.total;
  return [
    `queue      ${status.name}`,
    `pairs      ${pairs.done} of ${pairs.total} done (${share.toFixed(0)} %)${pairs.failed > 0 ? `, ${pairs.failed} failed` : ''}`,
    `made       ${accepted} accepted, ${rejected} rejected`,
    `jobs       ${jobs.waiting} waiting, ${jobs.active} active, ${jobs.delayed} to be tried again, ${jobs.completed} completed, ${jobs.failed} failed`,
    `workers    ${workers}`,
    `rate       ${perMinute.toFixed(1)} pairs a minute${remainingSeconds === null ? '' : `, ${formatSeconds(remainingSeconds)} to go`}`,
    ...failureLines(status),
  ].join('\n');
}

function failureLines({ failures }: QueueStatus): string[] {
  return failures.map(
    ({ start, count, attempts, reason }) =>
      `failed     pairs ${start}…${start + count - 1} after ${attempts} attempts: ${reason}`,
  );
}
