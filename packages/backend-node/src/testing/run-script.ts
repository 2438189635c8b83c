import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * Runs a script of this folder in plain Node on the built packages, as an application would.
 *
 * @returns the message it sends
 * @throws Error it ended without one; with the last lines it wrote
 */
export async function runScript<Message>(
  name: string,
  parameters: readonly string[] = [],
  environment: Readonly<Record<string, string>> = {},
): Promise<Message> {
  const script = fileURLToPath(new URL(`./${name}`, import.meta.url));
  const child = fork(script, [...parameters], {
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
  if (message === undefined) throw new Error(`${name} ended with code ${code}:\n${output}`);
  return message.value;
}
