import { WeightFormatError } from '../errors';
import { decodeBfloat16, decodeFloat16 } from './half-float';

/** Bits per element of every element type a weight file may name (safetensors spelling). */
export const WEIGHT_DTYPES = {
  F64: 64,
  F32: 32,
  F16: 16,
  BF16: 16,
  F8_E4M3: 8,
  F8_E5M2: 8,
  I64: 64,
  I32: 32,
  I16: 16,
  I8: 8,
  U64: 64,
  U32: 32,
  U16: 16,
  U8: 8,
  BOOL: 8,
} as const;

export type WeightDtype = keyof typeof WEIGHT_DTYPES;

/** Element types {@link toFloat32} understands. */
export type FloatDtype = 'F64' | 'F32' | 'F16' | 'BF16';

/** One tensor of a weight file. */
export interface WeightTensor {
  readonly dtype: WeightDtype;
  /** Sizes of the dimensions; `[]` for a scalar. */
  readonly shape: readonly number[];
  /** The elements, little-endian, row-major. A view into the file where possible; not aligned. */
  readonly bytes: Uint8Array;
}

/** A weight file after parsing, whatever its format. Tensors keep the order of the file. */
export interface WeightArchive {
  readonly tensors: ReadonlyMap<string, WeightTensor>;
}

/** `F32 [64, 3, 3, 3]`, for messages. */
export function describeTensor(tensor: Pick<WeightTensor, 'dtype' | 'shape'>): string {
  return `${tensor.dtype} [${tensor.shape.join(', ')}]`;
}

export function isFloatDtype(dtype: WeightDtype): dtype is FloatDtype {
  return dtype === 'F32' || dtype === 'F16' || dtype === 'BF16' || dtype === 'F64';
}

/**
 * The elements of a floating-point tensor as float32, in a new array, row-major. F32, F16 and BF16 are
 * exact, F64 is rounded.
 *
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { openCheckpoint, toFloat32 } from '@latent-matte/backend-node/checkpoints';
 *
 * const { tensors } = await openCheckpoint(await readFile('modnet.ckpt'));
 * const [[name, tensor]] = tensors;
 * console.log(name, Math.max(...toFloat32(tensor, name)));
 * ```
 *
 * @throws WeightFormatError for integers, booleans and 8-bit floats.
 */
export function toFloat32(tensor: WeightTensor, name = 'tensor'): Float32Array {
  if (!(tensor?.bytes instanceof Uint8Array)) {
    throw new WeightFormatError(
      `"${name}" is no tensor of a checkpoint.`,
      'Pass one of the `tensors` of openCheckpoint().',
    );
  }
  if (!isFloatDtype(tensor.dtype)) {
    throw new WeightFormatError(
      `"${name}" is ${describeTensor(tensor)}; expected F32, F16, BF16 or F64.`,
      'Convert it to F32 before exporting.',
    );
  }
  // A copy: the bytes may start anywhere, typed arrays only at multiples of their element size.
  // Not `slice`: that of a Buffer shares memory.
  const { buffer } = new Uint8Array(tensor.bytes);
  switch (tensor.dtype) {
    case 'F32':
      return new Float32Array(buffer);
    case 'F64':
      return Float32Array.from(new Float64Array(buffer));
    case 'F16':
      return decoded(new Uint16Array(buffer), decodeFloat16);
    case 'BF16':
      return decoded(new Uint16Array(buffer), decodeBfloat16);
  }
}

/** Not `Float32Array.from` with a function, which walks through an iterator: ten times as long, for millions of weights. */
function decoded(patterns: Uint16Array, decode: (bits: number) => number): Float32Array {
  const values = new Float32Array(patterns.length);
  for (let i = 0; i < patterns.length; i++) values[i] = decode(patterns[i]!);
  return values;
}
