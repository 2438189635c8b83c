import type { Writable } from 'node:stream';

/**
 * Keeps a stream that can no longer be written from ending the process: what a command computes goes to files, and is
 * finished. A reader who left (`| head -1`) wanted no more and is told nothing.
 *
 * @param onLost called once, when output that somebody waits for is lost: a full disk, for one
 */
export function guardStream(
  stream: Writable,
  onLost: (error: NodeJS.ErrnoException) => void,
): void {
  let failed = false;
  // It stays: every later write fails too, and an 'error' that nobody hears is thrown.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (failed) return;
    failed = true;
    if (error.code !== 'EPIPE') onLost(error);
  });
}
