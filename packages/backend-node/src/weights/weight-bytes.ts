import { createHash } from 'node:crypto';
import { type WeightFile, type WeightProgress, WeightsError } from '@latent-matte/core';

export type OnWeightProgress = (progress: WeightProgress) => void;

/** No network is that large, and no single array holds more everywhere. */
const MAX_BYTES = 2 ** 32 - 1;

/**
 * @returns the URL
 * @throws WeightsError a manifest entry that is not complete
 */
export function checkWeightFile({ url, size, sha256 }: WeightFile): URL {
  if (
    !URL.canParse(url) ||
    !Number.isSafeInteger(size) ||
    size < 1 ||
    size > MAX_BYTES ||
    !/^[0-9a-f]{64}$/i.test(sha256)
  ) {
    throw new WeightsError(
      `The manifest entry for ${url} is not complete.`,
      'It needs an absolute URL, the size in bytes (below 4 GB) and a SHA-256 of 64 hex digits.',
    );
  }
  return new URL(url);
}

/**
 * Collects exactly the bytes of a weight file. At most its declared size is kept; then the hash decides.
 *
 * @param label what is read, for messages
 * @param sink gets each chunk too, after its length was checked
 * @throws WeightsError too short, too long, or another hash
 */
export async function collectVerified(
  chunks: AsyncIterable<Uint8Array>,
  file: WeightFile,
  label: string,
  remedy: string,
  onProgress?: OnWeightProgress,
  sink?: (chunk: Uint8Array) => Promise<void>,
): Promise<Uint8Array> {
  const hash = createHash('sha256');
  const parts: Uint8Array[] = [];
  let loaded = 0;
  for await (const chunk of chunks) {
    loaded += chunk.length;
    if (loaded > file.size) {
      throw new WeightsError(
        `${label} has more than the ${file.size} bytes of the manifest.`,
        remedy,
      );
    }
    hash.update(chunk);
    parts.push(chunk);
    await sink?.(chunk);
    onProgress?.({ url: file.url, loaded, total: file.size });
  }
  if (loaded !== file.size) {
    throw new WeightsError(`${label} has ${loaded} bytes instead of ${file.size}.`, remedy);
  }
  const digest = hash.digest('hex');
  if (digest !== file.sha256.toLowerCase()) {
    throw new WeightsError(
      `${label} is not the file in the manifest: SHA-256 ${digest.slice(0, 12)}… instead of ${file.sha256.slice(0, 12)}….`,
      remedy,
    );
  }
  // Only now: a declared size alone reserves nothing.
  const bytes = new Uint8Array(file.size);
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
