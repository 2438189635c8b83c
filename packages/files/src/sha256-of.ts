import { createHash } from 'node:crypto';

/** Node hashes less than 2³¹ bytes at a time. */
const PIECE = 2 ** 30;

/** SHA-256 of bytes of any length, or of a text as UTF-8, 64 lower-case hex digits. */
export function sha256Of(given: Uint8Array | string, piece = PIECE): string {
  const bytes = typeof given === 'string' ? Buffer.from(given) : given;
  const hash = createHash('sha256');
  for (let at = 0; at < bytes.length; at += piece) hash.update(bytes.subarray(at, at + piece));
  return hash.digest('hex');
}
