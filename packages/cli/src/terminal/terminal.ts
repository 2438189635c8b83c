import { createInterface } from 'node:readline/promises';
import { guardStream } from './guard-stream';
import { writeWhole } from './write-whole';

/** Where a command writes: the process's own streams, or an array in tests. */
export interface Terminal {
  /** Results. */
  out(text: string): void;
  /** A result that is no text: an encoded picture. */
  bytes(content: Uint8Array): void;
  /** Progress, notes and errors. */
  note(text: string): void;
  /** Asks a question that y answers with yes; absent when nobody is there to answer. */
  ask?(question: string): Promise<boolean>;
  /** The stream for a progress bar; absent when nobody watches (not a TTY). */
  readonly bar?: NodeJS.WriteStream;
}

export const processTerminal: Terminal = {
  out: (text) => writeWhole(process.stdout, `${text}\n`),
  bytes: (content) => writeWhole(process.stdout, content),
  note: (text) => void process.stderr.write(`${text}\n`),
  ...(process.stdin.isTTY && process.stderr.isTTY && { ask }),
  ...(process.stderr.isTTY && { bar: process.stderr }),
};

/** To be called once by a program that writes to {@link processTerminal}: it then outlives its readers. */
export function guardProcessStreams(): void {
  if (guarded) return;
  guarded = true;
  guardStream(process.stdout, (error) => {
    const reason =
      error.code === 'ENOSPC' ? 'the disk is full; make room and run again' : error.message;
    process.stderr.write(`error: The output could not be written: ${reason}\n`);
    process.once('exit', () => {
      process.exitCode ||= 1;
    });
  });
  // Nobody reads the notes any more, so there is nobody to tell.
  guardStream(process.stderr, () => {});
}

let guarded = false;

async function ask(question: string): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await lines.question(question)).trim());
  } finally {
    lines.close();
  }
}
