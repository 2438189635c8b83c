import { LatentMatteError } from '@latent-matte/backend-node';
import type { Terminal } from './terminal';

/** `error: what was wrong` and the remedy on a line of its own; the stack only when asked for (or DEBUG is set). */
export function reportError(error: unknown, terminal: Terminal, verbose: boolean): void {
  const wanted = verbose || Boolean(process.env.DEBUG);
  if (LatentMatteError.isInstance(error)) {
    const { message, remedy } = error;
    const problem = message.endsWith(remedy) ? message.slice(0, -remedy.length) : message;
    terminal.note(`error: ${problem.trim()}`);
    if (remedy !== '') terminal.note(`       ${remedy}`);
  } else {
    terminal.note(`error: ${error instanceof Error ? error.message : String(error)}`);
    if (!wanted)
      terminal.note('       This is a bug; run again with --verbose and report what it prints.');
  }
  if (!wanted) return;
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    terminal.note(cause.stack ?? cause.message);
  }
}
