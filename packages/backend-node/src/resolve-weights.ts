import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type WeightFile, type WeightProgress, WeightsError } from '@latent-matte/core';

const reinstall = 'Install the package again, or check the manifest (models.json).';

/**
 * Reads a weight file and verifies size and SHA-256 before a byte of it is used. Only `file:` URLs: nothing is
 * downloaded behind the caller's back.
 *
 * @throws WeightsError missing, another size, another hash, or not a `file:` URL
 */
export async function resolveWeights(
  file: WeightFile,
  onProgress?: (progress: WeightProgress) => void,
): Promise<Uint8Array> {
  const url = URL.canParse(file.url) ? new URL(file.url) : undefined;
  if (url?.protocol !== 'file:') {
    throw new WeightsError(
      `Weights at ${file.url} are not on this disk, and the Node backend downloads nothing.`,
      'Download the file yourself and give its file: URL.',
    );
  }
  const path = fileURLToPath(url);
  const size = await stat(path).then(
    (entry) => entry.size,
    (cause: unknown) => {
      throw new WeightsError(`The weight file ${path} cannot be read.`, reinstall, { cause });
    },
  );
  if (size !== file.size) {
    throw new WeightsError(`${path} has ${size} bytes instead of ${file.size}.`, reinstall);
  }
  const bytes = new Uint8Array(file.size);
  const hash = createHash('sha256');
  let loaded = 0;
  try {
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      // The file may grow while it is read; `set` past the end would throw an unrelated RangeError.
      if (loaded + chunk.length > bytes.length) break;
      bytes.set(chunk, loaded);
      hash.update(chunk);
      loaded += chunk.length;
      onProgress?.({ url: file.url, loaded, total: file.size });
    }
  } catch (cause) {
    throw new WeightsError(`The weight file ${path} cannot be read.`, reinstall, { cause });
  }
  const digest = hash.digest('hex');
  if (loaded !== file.size || digest !== file.sha256.toLowerCase()) {
    throw new WeightsError(
      `${path} is not the file in the manifest: SHA-256 ${digest.slice(0, 12)}… instead of ${file.sha256.slice(0, 12)}….`,
      reinstall,
    );
  }
  return bytes;
}
