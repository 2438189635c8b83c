/** Where a command writes: the process's own streams, or an array in tests. */
export interface Terminal {
  /** Results. */
  out(text: string): void;
  /** Progress, notes and errors. */
  note(text: string): void;
  /** The stream for a progress bar; absent when nobody watches (not a TTY). */
  readonly bar?: NodeJS.WriteStream;
}

export const processTerminal: Terminal = {
  out: (text) => void process.stdout.write(`${text}\n`),
  note: (text) => void process.stderr.write(`${text}\n`),
  ...(process.stderr.isTTY && { bar: process.stderr }),
};
