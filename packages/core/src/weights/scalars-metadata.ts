import type { CheckpointScalar } from './pytorch/flatten';

/** The string of a safetensors file that keeps what a checkpoint had beside its tensors. */
const KEY = 'latent-matte.scalars';

/**
 * Scalars as metadata for `serializeSafetensors`; integers too large for a number are left out.
 *
 * ```ts
 * import { bytesSource, openCheckpoint, packScalars } from '@latent-matte/core/checkpoints';
 *
 * declare const bytes: Uint8Array;
 * const { scalars } = await openCheckpoint(bytesSource(bytes));
 * const metadata = packScalars(scalars);
 * ```
 */
export function packScalars(
  scalars: ReadonlyMap<string, CheckpointScalar>,
): Record<string, string> {
  const kept = [...scalars].filter(
    ([, value]) =>
      typeof value !== 'bigint' && (typeof value !== 'number' || Number.isFinite(value)),
  );
  return kept.length === 0 ? {} : { [KEY]: JSON.stringify(kept) };
}

/** The scalars in the metadata of a safetensors file: packed ones, and every other string as it is. */
export function unpackScalars(
  metadata: ReadonlyMap<string, string>,
): Map<string, CheckpointScalar> {
  const scalars = new Map<string, CheckpointScalar>();
  for (const [name, text] of metadata) {
    const packed = name === KEY ? parsePairs(text) : undefined;
    if (packed === undefined) scalars.set(name, text);
    else for (const [key, value] of packed) scalars.set(key, value);
  }
  return scalars;
}

/** Undefined when it is not what {@link packScalars} writes: then it is a string like any other. */
function parsePairs(text: string): [string, CheckpointScalar][] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const isPair = (pair: unknown): pair is [string, CheckpointScalar] =>
    Array.isArray(pair) &&
    pair.length === 2 &&
    typeof pair[0] === 'string' &&
    (pair[1] === null || ['string', 'number', 'boolean'].includes(typeof pair[1]));
  return Array.isArray(value) && value.every(isPair) ? value : undefined;
}
