import type { WeightFile } from '../../contracts';
import { WeightsError } from '../../errors';

/** No network is that large, and no single array holds more everywhere. */
const MAX_BYTES = 2 ** 32 - 1;

/** @throws WeightsError a manifest entry that is not complete */
export function checkWeightFile({ url, size, sha256 }: WeightFile): void {
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
}
