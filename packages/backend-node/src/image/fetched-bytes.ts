import { AbortedError, InvalidImageError } from '@latent-matte/core';

/** What an address may begin with, given as a `URL`: what `fetch` takes. */
const PROTOCOLS: ReadonlySet<string> = new Set(['http:', 'https:', 'data:', 'blob:']);

export const isFetchable = (url: URL): boolean => PROTOCOLS.has(url.protocol);

/** For messages: the name of the file; the text of a `data:` address may be as long as the picture. */
export const labelOfAddress = ({ protocol, href, pathname }: URL): string => {
  const name = protocol === 'data:' || protocol === 'blob:' ? '' : pathname.split('/').at(-1);
  return name ? `"${name}"` : protocol === 'data:' ? 'The image' : href;
};

/**
 * What lies at an address, read as far as `most`.
 *
 * @param tooMany the error for more bytes than that
 * @throws InvalidImageError nothing is answered, or an error
 * @throws AbortedError the signal fired
 */
export async function fetchedBytes(
  url: URL,
  most: number,
  tooMany: () => Error,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  try {
    const response = await fetch(url, signal && { signal });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    // Leaving the loop ends the connection.
    for await (const piece of response.body ?? []) {
      size += piece.length;
      if (size > most) break;
      pieces.push(piece);
    }
  } catch (cause) {
    if (signal?.aborted) {
      throw new AbortedError('Cancelled while the picture was fetched.', undefined, { cause });
    }
    throw new InvalidImageError(
      `${labelOfAddress(url)} cannot be fetched (${reasonOf(cause)}).`,
      'Check the address.',
      { cause },
    );
  }
  if (size > most) throw tooMany();
  return Buffer.concat(pieces);
}

/** `fetch failed` says nothing: why is in its cause. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error && cause.message !== '' ? cause.message : message;
}
