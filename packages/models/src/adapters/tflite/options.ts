import type { OnnxAttribute } from '../onnx/onnx-model';
import type { FlatTable } from './flat-table';

type Read = (table: FlatTable) => OnnxAttribute | undefined;

const byte =
  (slot: number, fallback = 0): Read =>
  (table) =>
    table.byte(slot, fallback);
const int =
  (slot: number, fallback = 0): Read =>
  (table) =>
    table.int(slot, fallback);
const float =
  (slot: number): Read =>
  (table) =>
    table.float(slot);
/** An empty list means the same as none. */
const ints =
  (slot: number): Read =>
  (table) => {
    const values = table.ints(slot);
    return values?.length === 0 ? undefined : values;
  };

const strides = { padding: byte(0), strideWidth: int(1), strideHeight: int(2) };
const activated = { activation: byte(0) };
const pool = { ...strides, width: int(3), height: int(4), activation: byte(5) };
const resize = (first: number) => ({ corners: byte(first), halfPixel: byte(first + 1) });
const reducer = { keepdims: byte(0) };
const block = { block: int(0) };

/** The tables of TFLite's schema that hold options: the fields that are read, each with its slot. */
const FIELDS: Readonly<Record<string, Readonly<Record<string, Read>>>> = {
  CONV_2D: { ...strides, activation: byte(3), dilationWidth: int(4, 1), dilationHeight: int(5, 1) },
  DEPTHWISE_CONV_2D: {
    ...strides,
    multiplier: int(3),
    activation: byte(4),
    dilationWidth: int(5, 1),
    dilationHeight: int(6, 1),
  },
  TRANSPOSE_CONV: { ...strides, activation: byte(3) },
  AVERAGE_POOL_2D: pool,
  MAX_POOL_2D: pool,
  FULLY_CONNECTED: { activation: byte(0), format: byte(1), keepdims: byte(2) },
  BATCH_MATMUL: { transA: byte(0), transB: byte(1) },
  ADD: activated,
  SUB: activated,
  MUL: activated,
  DIV: activated,
  L2_NORMALIZATION: activated,
  CONCATENATION: { axis: int(0), activation: byte(1) },
  SOFTMAX: { beta: float(0) },
  LEAKY_RELU: { alpha: float(0) },
  GELU: { rough: byte(0) },
  RESIZE_BILINEAR: resize(2),
  RESIZE_NEAREST_NEIGHBOR: resize(0),
  MEAN: reducer,
  SUM: reducer,
  REDUCE_MAX: reducer,
  REDUCE_MIN: reducer,
  REDUCE_PROD: reducer,
  RESHAPE: { sizes: ints(0) },
  SQUEEZE: { axes: ints(0) },
  SPACE_TO_DEPTH: block,
  DEPTH_TO_SPACE: block,
  GATHER: { axis: int(0), batchAxes: int(1) },
  PACK: { axis: int(1) },
  UNPACK: { axis: int(1) },
  MIRROR_PAD: { mode: byte(0) },
  CAST: { type: byte(1) },
  STRIDED_SLICE: {
    beginMask: int(0),
    endMask: int(1),
    ellipsisMask: int(2),
    newAxisMask: int(3),
    shrinkMask: int(4),
  },
};

/** The options of an operator, defaults filled in; none where it has no table. */
export function readOptions(
  op: string,
  table: FlatTable | undefined,
): ReadonlyMap<string, OnnxAttribute> {
  const attributes = new Map<string, OnnxAttribute>();
  const fields = Object.hasOwn(FIELDS, op) ? FIELDS[op] : {};
  for (const [name, read] of Object.entries(table === undefined ? {} : fields)) {
    const value = read(table as FlatTable);
    if (value !== undefined) attributes.set(name, value);
  }
  return attributes;
}

/**
 * The options of MediaPipe's own operator are a C struct, `TfLiteTransposeConvParams`, of little-endian int32. Padding
 * counts from 1 there: `SAME`, `VALID`.
 */
export function readCustomOptions(
  op: string,
  bytes: Uint8Array | undefined,
): ReadonlyMap<string, OnnxAttribute> {
  const names = (Object.hasOwn(CUSTOM, op) && CUSTOM[op]) || [];
  const values = bytes ?? new Uint8Array();
  const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
  const held = names.slice(0, Math.floor(values.length / 4));
  return new Map(
    held.map((name, i) => {
      const value = view.getInt32(4 * i, true);
      return [name, name === 'padding' ? value - 1 : value];
    }),
  );
}

const transposed = ['padding', 'strideWidth', 'strideHeight', 'activation'];

const CUSTOM: Readonly<Record<string, readonly string[] | undefined>> = {
  Convolution2DTransposeBias: transposed,
};
