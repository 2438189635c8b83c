import { WeightFormatError } from '@latent-matte/core';
import { decodeTensor } from '../onnx/decode-tensor';
import type { OnnxTensor } from '../onnx/onnx-model';
import { dequantized } from '../onnx/quantized';
import type { FlatTable } from './flat-table';

/** `TensorType` of TFLite → `TensorProto.DataType` of ONNX, of the types that weights and sizes have. */
const ONNX_TYPES: Readonly<Record<number, number | undefined>> = {
  0: 1, // float32
  1: 10, // float16
  2: 6, // int32
  3: 2, // uint8
  4: 7, // int64
  6: 9, // bool
  9: 3, // int8
  10: 11, // float64
};

/** How a tensor's integers become floats: one scale and zero point, or one for each place along an axis. */
export interface Quantization {
  readonly scale: readonly number[];
  readonly zero: readonly number[];
  readonly axis: number;
}

/** `QuantizationParameters`; nothing where the table holds ranges alone, or is absent. */
export function readQuantization(table: FlatTable | undefined): Quantization | undefined {
  const scale = table?.floats(2) ?? [];
  if (table === undefined || scale.length === 0) return undefined;
  return { scale, zero: table.longs(3) ?? [0], axis: table.int(6) };
}

/**
 * A constant as float32 where it is one, or was quantised from one, and as integers where it is sizes and axes.
 *
 * @throws WeightFormatError a type that is not read, a size that does not fit the data
 * @throws WeightsError a weight that is not finite
 */
export function decodeConstant(
  name: string,
  type: number,
  shape: readonly number[],
  raw: Uint8Array,
  quantization: Quantization | undefined,
): OnnxTensor {
  const known = ONNX_TYPES[type];
  if (known === undefined) {
    throw new WeightFormatError(
      `The weight "${name}" has the data type ${type}, which is not supported.`,
      'Convert the model with float32, float16 or int8 weights.',
    );
  }
  const dims = [...shape];
  const tensor = decodeTensor({ name, dims, type: known, raw, numbers: [], external: false });
  if (!tensor.integer || quantization === undefined) return tensor;
  const { scale, zero, axis } = quantization;
  const along = shape[axis] ?? 0;
  const wrong = [scale, zero].find(({ length }) => length !== 1 && length !== along);
  if (wrong !== undefined || ![...scale, ...zero].every(Number.isFinite)) {
    throw new WeightFormatError(
      `The weight "${name}" [${shape}] is quantised along axis ${axis} with ${scale.length} scales and ${zero.length} zero points.`,
    );
  }
  return dequantized(tensor, scale, zero, axis);
}
