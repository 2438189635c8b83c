import type { WeightFile } from '../../contracts';
import { AbortedError, LatentMatteError } from '../../errors';
import { checkWeightFile } from './check-weight-file';
import { collectVerified } from './collect-verified';
import { SharedTransfer } from './shared-transfer';
import type { OnWeightProgress, WeightDriver, WeightResolver, WeightSource } from './weight-driver';

/**
 * Makes a resolver of weight files out of what a platform can do. Size and SHA-256 are verified before a byte is used or
 * kept, also of what was kept; a damaged file is thrown away and fetched anew. At most the declared size is read.
 * Requests for one file at one time share one transfer; each is cancelled by its own signal. What failed is not
 * remembered: the next request tries again.
 */
export function weightResolver(driver: WeightDriver): WeightResolver {
  const inFlight = new Map<string, SharedTransfer>();
  return async (listed, onProgress, { signal } = {}) => {
    const file = driver.locate?.(listed) ?? listed;
    checkWeightFile(file);
    if (signal?.aborted) {
      throw new AbortedError(`Loading ${file.url} was cancelled.`, undefined, {
        cause: signal.reason,
      });
    }
    const key = `${file.size}/${file.sha256.toLowerCase()}/${file.url}`;
    let transfer = inFlight.get(key);
    if (transfer === undefined) {
      transfer = new SharedTransfer((report, stop) => bring(file, driver, report, stop));
      const mine = transfer;
      inFlight.set(key, mine);
      const forget = () => {
        if (inFlight.get(key) === mine) inFlight.delete(key);
      };
      mine.bytes.then(forget, forget);
      // One that everybody left must not be joined by the next.
      mine.abandoned.addEventListener('abort', forget);
    }
    return await transfer.join(file.url, onProgress, signal);
  };
}

async function bring(
  file: WeightFile,
  driver: WeightDriver,
  onProgress: OnWeightProgress,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const source = driver.source(file);
  const kept = await keptBytes(file, driver, source, onProgress);
  if (kept !== undefined) return kept;
  const writer = source.store?.write();
  try {
    const bytes = await collectVerified(source.read(signal), file, source, {
      onProgress,
      ...(writer && { sink: (piece: Uint8Array) => writer.append(piece) }),
      ...(driver.sha256 && { hash: driver.sha256() }),
    });
    await writer?.commit(bytes);
    return bytes;
  } finally {
    await writer?.discard();
  }
}

/** What is kept of a file, verified anew; `undefined` when it is not, not any more, or damaged. */
async function keptBytes(
  file: WeightFile,
  driver: WeightDriver,
  { store, ...source }: WeightSource,
  onProgress: OnWeightProgress,
): Promise<Uint8Array | undefined> {
  const pieces = await store?.read();
  if (pieces === undefined) return undefined;
  try {
    return await collectVerified(pieces, file, source, {
      onProgress,
      ...(driver.sha256 && { hash: driver.sha256() }),
    });
  } catch (error) {
    // Unreadable: as good as absent.
    if (!LatentMatteError.isInstance(error)) return undefined;
    if (error.code !== 'WEIGHTS') throw error;
    await store?.remove();
    return undefined;
  }
}
