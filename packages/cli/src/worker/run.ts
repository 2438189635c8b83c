import { registerInstalledModels } from '@latent-matte/backend-node/models';
import { readBackgrounds, runQueueWorker } from '@latent-matte/pairs';
import { backgroundPaths } from '../flags/backgrounds';
import { GENERATE_BACKGROUNDS } from '../generate/grammar';
import { workerSetup } from '../model-choice/chosen-files';
import type { Terminal } from '../terminal/terminal';
import type { WorkerCommandOptions } from './grammar';

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
