import { LeftOut } from '../adapters/onnx/decode-tensor';
import { readOnnx } from '../adapters/onnx/read-onnx';
import { readTflite } from '../adapters/tflite/read-tflite';
import { type ModelFileFormat, parseGraphModel, type SignatureTensor } from './model-file';

/** Sides of a tensor; `undefined` is open. */
export type Shape = readonly (number | undefined)[];

export interface FileEnd {
  readonly name: string;
  /** Absent: the file does not say. */
  readonly shape?: Shape;
  /** Of an output: the operator whose values it has, behind those that only move them. */
  readonly operator?: string;
}

/** What a model file says about its inputs and outputs. */
export interface FileEnds {
  readonly inputs: readonly FileEnd[];
  readonly outputs: readonly FileEnd[];
}

/** They move values and leave them as they are, or nearly. */
const MOVES =
  /^(Identity|Squeeze|Unsqueeze|ExpandDims|Transpose|Reshape|Cast|Slice|StridedSlice|Resize|ResizeBilinear|ResizeNearestNeighbor|Upsample|Concat)$/;
/** Against graphs that go in circles. */
const MOST_STEPS = 64;

/**
 * Reads the ends of a model file.
 *
 * @param content of a graph model: its `model.json`
 * @throws WeightFormatError a damaged file
 * @throws InvalidOptionError no file of that format
 */
export function endsOf(format: ModelFileFormat, content: Uint8Array): FileEnds {
  if (format === 'onnx') return ofOnnx(content);
  return format === 'tflite' ? ofTflite(content) : ofGraphModel(content);
}

function ofOnnx(content: Uint8Array): FileEnds {
  const { inputs, outputs, outputShapes, nodes } = readOnnx(content, new LeftOut());
  const producers = new Map(
    nodes.flatMap(({ op, inputs: from, outputs: made }) =>
      made.map((name) => [name, { op, from: from[0] }] as const),
    ),
  );
  return {
    inputs: inputs.map(({ name, shape }) => end(name, shape)),
    outputs: outputs.map((name) => end(name, outputShapes?.get(name), operatorOf(name, producers))),
  };
}

function ofTflite(content: Uint8Array): FileEnds {
  const { inputs, outputs, shapes, nodes } = readTflite(content);
  const producers = new Map(
    nodes.flatMap(({ op, inputs: from, outputs: made }) =>
      made.map((name) => [name, { op, from: from[0] }] as const),
    ),
  );
  return {
    inputs: inputs.map(({ name, shape }) => end(name, shape)),
    outputs: outputs.map((name) => end(name, shapes.get(name), operatorOf(name, producers))),
  };
}

interface GraphNode {
  readonly name?: string;
  readonly op?: string;
  readonly input?: readonly string[];
}

function ofGraphModel(content: Uint8Array): FileEnds {
  const { signature, userDefinedMetadata, modelTopology } = parseGraphModel(content);
  const ends = userDefinedMetadata?.signature ?? signature;
  const { node: nodes = [] } = modelTopology as { node?: readonly GraphNode[] };
  const plain = (name = '') => name.replace(/:\d+$/, '');
  const producers = new Map(
    nodes.map(({ name, op = '', input = [] }) => [plain(name), { op, from: plain(input[0]) }]),
  );
  const nameOf = (key: string, tensor: SignatureTensor & { name?: string }) =>
    plain(tensor.name ?? key);
  return {
    inputs: Object.entries(ends?.inputs ?? {}).map(([name, tensor]) =>
      end(plain(name), shapeOf(tensor)),
    ),
    outputs: Object.entries(ends?.outputs ?? {}).map(([name, tensor]) =>
      end(name, shapeOf(tensor), operatorOf(nameOf(name, tensor), producers)),
    ),
  };
}

const end = (name: string, shape?: Shape, operator?: string): FileEnd => ({
  name,
  ...(shape !== undefined && shape.length > 0 && { shape }),
  ...(operator !== undefined && { operator }),
});

function shapeOf({ tensorShape }: SignatureTensor): Shape | undefined {
  return tensorShape?.dim?.map(({ size }) => (Number(size) > 0 ? Number(size) : undefined));
}

function operatorOf(
  output: string,
  producers: ReadonlyMap<string, { readonly op: string; readonly from: string | undefined }>,
): string | undefined {
  let name: string | undefined = output;
  for (let step = 0; step < MOST_STEPS && name !== undefined; step++) {
    const producer = producers.get(name);
    if (producer === undefined || !MOVES.test(producer.op)) return producer?.op;
    name = producer.from;
  }
  return undefined;
}
