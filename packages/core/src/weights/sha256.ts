import { BackendError } from '../errors';

/**
 * SHA-256 of `bytes`, 64 lower-case hex digits.
 * @throws BackendError in a browser page that is not a secure context: WebCrypto is absent there.
 */
export async function sha256(bytes: Uint8Array): Promise<string> {
  const subtle = globalThis.crypto?.subtle;
  if (subtle === undefined) {
    throw new BackendError(
      'Weight files cannot be verified: this page has no crypto.subtle.',
      'Serve the page over https or from localhost.',
    );
  }
  // WebCrypto refuses views of shared memory.
  const data =
    bytes.buffer instanceof ArrayBuffer ? (bytes as Uint8Array<ArrayBuffer>) : bytes.slice();
  const digest = new Uint8Array(await subtle.digest('SHA-256', data));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
