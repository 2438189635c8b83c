import { createInterface } from 'node:readline/promises';

/** Where a command writes: the process's own streams, or an array in tests. */
export interface Terminal {
  /** Results. */
  out(text: string): void;
  /** Progress, notes and errors. */
  note(text: string): void;
  /** Asks a question that y answers with yes; absent when nobody is there to answer. */
  ask?(question: string): Promise<boolean>;
  /** The stream for a progress bar; absent when nobody watches (not a TTY). */
  readonly bar?: NodeJS.WriteStream;
}

export const processTerminal: Terminal = {
  out: (text) => void process.stdout.write(`${text}\n`),
  note: (text) => void process.stderr.write(`${text}\n`),
  ...(process.stdin.isTTY && process.stderr.isTTY && { ask }),
  ...(process.stderr.isTTY && { bar: process.stderr }),
};

async function ask(question: string): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await lines.question(question)).trim());
  } finally {
    lines.close();
  }
}
