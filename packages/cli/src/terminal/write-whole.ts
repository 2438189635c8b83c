import { fstatSync, writeSync } from 'node:fs';

/**
 * Writes to a stream of this process so that all of it is written, or an 'error' says why not.
 *
 * Where the output goes to a file (`> person.png`), the stream of Node asks the system once, and takes the part that still
 * found room on a nearly full disk for all of it: a picture cut short, and exit code 0.
 */
export function writeWhole(
  stream: NodeJS.WriteStream & { readonly fd: number },
  content: Uint8Array | string,
): void {
  if (!isFile(stream.fd)) {
    stream.write(content);
    return;
  }
  let rest = typeof content === 'string' ? Buffer.from(content) : content;
  try {
    while (rest.length > 0) rest = rest.subarray(writeSync(stream.fd, rest));
  } catch (error) {
    stream.emit('error', error);
  }
}

function isFile(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isFile();
  } catch {
    // Closed: the stream says so.
    return false;
  }
}
