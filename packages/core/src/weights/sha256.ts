import { BackendError } from '../errors';
import { type BytesLike, plainBytes } from './plain-bytes';

/**
 * SHA-256 of `bytes`, 64 lower-case hex digits.
 * @throws BackendError in a browser page that is not a secure context: WebCrypto is absent there.
 */
export async function sha256(bytes: BytesLike): Promise<string> {
  const subtle = globalThis.crypto?.subtle;
  if (subtle === undefined) {
    throw new BackendError(
      'Weight files cannot be verified: this page has no crypto.subtle.',
      'Serve the page over https or from localhost.',
    );
  }
  // WebCrypto refuses views of shared memory, which plainBytes copies.
  const digest = new Uint8Array(await subtle.digest('SHA-256', plainBytes(bytes)));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
