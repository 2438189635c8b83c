import { said } from '../assert-options';
import { WeightFormatError } from '../errors';

/** Bytes as callers have them: any view (a Node `Buffer` too) or buffer, shared or not, of any realm. */
export type BytesLike = ArrayBufferView | ArrayBufferLike;

const BUFFERS = new Set(['[object ArrayBuffer]', '[object SharedArrayBuffer]']);

/** True for views and buffers, of other realms too, where `instanceof` says no. */
export const isBytesLike = (value: unknown): value is BytesLike =>
  ArrayBuffer.isView(value) || BUFFERS.has(Object.prototype.toString.call(value));

/**
 * The same bytes as a `Uint8Array` of this realm whose `slice` copies and whose `buffer` is no other thread's.
 * A Node `Buffer` is a `Uint8Array` too, but its `slice` shares memory, and `slice().buffer` is a pool of foreign
 * bytes. Nothing is copied but shared memory: what is checked must not change afterwards.
 *
 * @throws WeightFormatError something else, of which `new Uint8Array` would make as many zeros as it says
 */
export function plainBytes(bytes: BytesLike): Uint8Array<ArrayBuffer> {
  if (!isBytesLike(bytes)) throw notBytes(bytes);
  const isView = ArrayBuffer.isView(bytes);
  const buffer = isView ? bytes.buffer : bytes;
  const view = new Uint8Array(buffer, isView ? bytes.byteOffset : 0, bytes.byteLength);
  const isShared = Object.prototype.toString.call(buffer) === '[object SharedArrayBuffer]';
  return isShared ? new Uint8Array(view) : (view as Uint8Array<ArrayBuffer>);
}

export const notBytes = (given: unknown): WeightFormatError =>
  new WeightFormatError(
    `The weights are ${said(given)}, not bytes.`,
    'Pass the content of the file: a Uint8Array, an ArrayBuffer, a Blob, or a ByteSource.',
  );
