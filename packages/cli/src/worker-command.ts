import { registerInstalledModels } from '@latent-matte/backend-node';
import { readBackgrounds, runQueueWorker } from '@latent-matte/pairs';
import { backgroundPaths } from './background-flags';
import { GENERATE_BACKGROUNDS, type WorkerCommandOptions } from './generate-program';
import { workerSetup } from './model-choice/chosen-files';
import type { Terminal } from './terminal';

/** `latent-matte worker`: makes what a queue asks for, until it is stopped. */
export async function workerCommand(
  options: WorkerCommandOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  const { queue: url, out, name, concurrency, batch, lockSeconds, exitWhenDone } = options;
  await registerInstalledModels();
  const paths = await backgroundPaths(options, GENERATE_BACKGROUNDS);
  const { jobs, pairs } = await runQueueWorker({
    url,
    out,
    ...(name !== undefined && { name }),
    ...(concurrency !== undefined && { concurrency }),
    ...(batch !== undefined && { batch }),
    ...(lockSeconds !== undefined && { lockSeconds }),
    ...(exitWhenDone && { exitWhenDone }),
    backgrounds: await readBackgrounds(paths),
    setup: workerSetup(),
    signal,
    onNote: terminal.note,
  });
  terminal.out(`${pairs} pairs in ${jobs} jobs`);
}
