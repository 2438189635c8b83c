import { WeightFormatError } from '../errors';
import { type BytesLike, isBytesLike, notBytes, plainBytes } from './plain-bytes';

/**
 * Random access to the bytes of a file: a file on disk, a `Blob`, or memory. Readers ask only for the ranges
 * they need, so that a large checkpoint is never held twice.
 */
export interface ByteSource {
  /** Bytes in all. */
  readonly size: number;
  /**
   * `length` bytes from `offset`, both whole numbers ≥ 0 with `offset + length ≤ size`. The result may be a
   * view that must not be written to.
   */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/**
 * A source over bytes in memory, of any kind and realm; `read` returns views. Shared memory is copied first.
 *
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { bytesSource, openCheckpoint } from '@latent-matte/core/checkpoints';
 *
 * const archive = await openCheckpoint(bytesSource(await readFile('network.pth')));
 * console.log([...archive.tensors.keys()]);
 * ```
 */
export function bytesSource(given: BytesLike): ByteSource {
  const bytes = plainBytes(given);
  return {
    size: bytes.length,
    read: async (offset, length) => bytes.subarray(offset, offset + length),
  };
}

/**
 * A source over a browser's `Blob` or `File`.
 *
 * ```ts
 * import { blobSource, openCheckpoint } from '@latent-matte/core/checkpoints';
 *
 * const archive = await openCheckpoint(blobSource(fileInput.files![0]!));
 * console.log([...archive.tensors.keys()]);
 * ```
 */
export function blobSource(blob: Blob): ByteSource {
  return {
    size: blob.size,
    read: async (offset, length) =>
      new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer()),
  };
}

/**
 * The source over whatever a caller has: bytes, a `Blob`, or a source.
 * @throws WeightFormatError something else
 */
export function toSource(given: ByteSource | BytesLike | Blob): ByteSource {
  if (isBytesLike(given)) return bytesSource(given);
  if (Object.prototype.toString.call(given) === '[object Blob]' || isFile(given)) {
    return blobSource(given as Blob);
  }
  const { size, read } = (given ?? {}) as Partial<ByteSource>;
  if (Number.isSafeInteger(size) && typeof read === 'function') return given as ByteSource;
  throw notBytes(given);
}

const isFile = (value: unknown): boolean =>
  Object.prototype.toString.call(value) === '[object File]';

/** A part of a source. @throws WeightFormatError when the part reaches past the end */
export function subSource(source: ByteSource, offset: number, size: number): ByteSource {
  checkRange(source, offset, size, 'A part of the file');
  return { size, read: (start, length) => source.read(offset + start, length) };
}

/**
 * Exactly `length` bytes, after checking that the file has them.
 * @param what for the message, for instance `The storage "3"`
 * @throws WeightFormatError when the range reaches past the end, or the file shrank meanwhile
 */
export async function readExactly(
  source: ByteSource,
  offset: number,
  length: number,
  what: string,
): Promise<Uint8Array> {
  checkRange(source, offset, length, what);
  // A source of the caller's may answer with Buffers, whose `slice` shares memory.
  const bytes = plainBytes(await source.read(offset, length));
  if (bytes.length !== length) {
    throw new WeightFormatError(
      `${what} should be ${length} bytes, but only ${bytes.length} came.`,
    );
  }
  return bytes;
}

function checkRange(source: ByteSource, offset: number, length: number, what: string): void {
  const sound = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && length >= 0;
  if (!sound || offset < 0 || offset + length > source.size) {
    throw new WeightFormatError(
      `${what} should take ${length} bytes from byte ${offset}, but the file ends at byte ${source.size}. It is cut off or damaged.`,
    );
  }
}
