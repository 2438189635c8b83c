import { ImageTooLargeError, InvalidImageError } from '@latent-matte/backend-node/core';

/** More than any photograph of 50 megapixels takes. */
const MOST_BYTES = 2 ** 28;

/**
 * All bytes of a stream.
 *
 * @throws ImageTooLargeError before more than `most` bytes are kept
 * @throws InvalidImageError there are none
 */
export async function readStandardInput(
  stream: AsyncIterable<Uint8Array>,
  most = MOST_BYTES,
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.byteLength;
    if (length > most) {
      throw new ImageTooLargeError(
        `Standard input has more than ${most} bytes.`,
        'Send one photograph.',
      );
    }
    chunks.push(chunk);
  }
  if (length > 0) return Buffer.concat(chunks);
  throw new InvalidImageError('Standard input is empty.', 'Send a photograph, or name a file.');
}
