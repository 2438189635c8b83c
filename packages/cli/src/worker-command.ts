import { registerInstalledModels, runQueueWorker } from '@latent-matte/backend-node';
import { workerSetup } from './generate-command';
import type { WorkerCommandOptions } from './generate-program';
import type { Terminal } from './terminal';

/** `latent-matte worker`: makes what a queue asks for, until it is stopped. */
export async function workerCommand(
  { queue: url, out, name, concurrency, batch, lockSeconds, exitWhenDone }: WorkerCommandOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  await registerInstalledModels();
  const { jobs, pairs } = await runQueueWorker({
    url,
    out,
    ...(name !== undefined && { name }),
    ...(concurrency !== undefined && { concurrency }),
    ...(batch !== undefined && { batch }),
    ...(lockSeconds !== undefined && { lockSeconds }),
    ...(exitWhenDone && { exitWhenDone }),
    setup: workerSetup(),
    signal,
    onNote: terminal.note,
  });
  terminal.out(`${pairs} pairs in ${jobs} jobs`);
}
