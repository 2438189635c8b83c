import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * Runs a script in plain Node on the built packages, as an application would.
 *
 * @param script its place, for instance `new URL('./testing/run.mjs', import.meta.url)`
 * @returns the message it sends
 * @throws Error it ended without one; with the last lines it wrote
 */
export async function runScript<Message>(
  script: URL,
  parameters: readonly string[] = [],
  environment: Readonly<Record<string, string>> = {},
): Promise<Message> {
  const child = fork(fileURLToPath(script), [...parameters], {
    // Typed arrays cross as they are.
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    execArgv: [],
    env: { ...process.env, ...environment },
  });
  let message: { value: Message } | undefined;
  let output = '';
  child.on('message', (value) => {
    message = { value: value as Message };
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-2000);
    });
  }
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (message === undefined) throw new Error(`${script} ended with code ${code}:\n${output}`);
  return message.value;
}
