import type { WeightFile } from '@latent-matte/core';
import { WeightsError } from '@latent-matte/core/caller';

/**
 * The body of a response in pieces, as they are asked for. Stopping early stops the transfer, so that a hostile server
 * cannot fill the memory.
 *
 * @throws WeightsError a connection that breaks
 */
export async function* readBody(
  response: Response,
  file: WeightFile,
): AsyncGenerator<Uint8Array, void, void> {
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  let loaded = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        throw new WeightsError(
          `The connection broke after ${loaded} of ${file.size} bytes of ${file.url}.`,
          'Try again.',
          { cause },
        );
      });
      if (done) return;
      loaded += value.length;
      yield value;
    }
  } finally {
    // Does nothing at the end of the body.
    await reader.cancel().catch(() => undefined);
  }
}
