import type { WeightFile } from '../../contracts';
import { WeightsError } from '../../errors';
import { sha256 } from '../../weights/sha256';
import type { OnWeightProgress, PiecewiseHash, WeightSource } from './weight-driver';

/** Where the bytes go on their way. */
export interface CollectHooks {
  onProgress?: OnWeightProgress;
  /** Gets each piece too, after its length was checked. */
  sink?: (piece: Uint8Array) => Promise<void>;
  /** Default: of the whole, at the end. */
  hash?: PiecewiseHash;
}

/**
 * Collects exactly the bytes of a weight file. At most its declared size is kept; then the hash decides.
 *
 * @throws WeightsError too short, too long, or another hash
 * @throws BackendError nothing can be verified here
 */
export async function collectVerified(
  pieces: AsyncIterable<Uint8Array>,
  file: WeightFile,
  { label, remedy }: Pick<WeightSource, 'label' | 'remedy'>,
  { onProgress, sink, hash }: CollectHooks,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let loaded = 0;
  for await (const piece of pieces) {
    loaded += piece.length;
    if (loaded > file.size) {
      throw new WeightsError(
        `${label} has more than the ${file.size} bytes of the manifest.`,
        remedy,
      );
    }
    hash?.update(piece);
    parts.push(piece);
    await sink?.(piece);
    onProgress?.({ url: file.url, loaded, total: file.size });
  }
  if (loaded !== file.size) {
    throw new WeightsError(`${label} has ${loaded} bytes instead of ${file.size}.`, remedy);
  }
  // Only now: a declared size alone reserves nothing.
  const bytes = joined(parts, file.size);
  const digest = hash?.digest() ?? (await sha256(bytes));
  if (digest !== file.sha256.toLowerCase()) {
    throw new WeightsError(
      `${label} is not the file in the manifest: SHA-256 ${digest.slice(0, 12)}… instead of ${file.sha256.slice(0, 12)}….`,
      remedy,
    );
  }
  return bytes;
}

function joined(parts: Uint8Array[], size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const part of parts.splice(0)) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
