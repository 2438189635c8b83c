import { type WeightFile, type WeightProgress, WeightsError } from '@latent-matte/core';

/**
 * The bytes of a response, exactly as many as declared. Reading stops at the first byte too many, so that a
 * hostile server cannot fill the memory.
 *
 * @throws WeightsError more bytes, fewer bytes, or a connection that breaks
 */
export async function readBody(
  response: Response,
  file: WeightFile,
  onProgress: (progress: WeightProgress) => void,
): Promise<Uint8Array> {
  const reader = response.body?.getReader();
  const bytes = new Uint8Array(file.size);
  let loaded = 0;
  try {
    while (reader !== undefined) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        throw new WeightsError(
          `The connection broke after ${loaded} of ${file.size} bytes of ${file.url}.`,
          'Try again.',
          { cause },
        );
      });
      if (done) break;
      if (loaded + value.length > file.size) throw wrongSize(file, `more than ${file.size}`);
      bytes.set(value, loaded);
      loaded += value.length;
      onProgress({ url: file.url, loaded, total: file.size });
    }
  } finally {
    // Stops the transfer after an error; does nothing at the end of the body.
    await reader?.cancel().catch(() => undefined);
  }
  if (loaded !== file.size) throw wrongSize(file, String(loaded));
  return bytes;
}

const wrongSize = (file: WeightFile, found: string): WeightsError =>
  new WeightsError(
    `${file.url} has ${found} bytes instead of ${file.size}.`,
    'Check the URL and the manifest (models.json).',
  );
