import { WeightFormatError } from '@latent-matte/core';
import { countOf } from '../../count-of';
import type { OnnxModel, OnnxNode, OnnxTensor } from '../onnx/onnx-model';
import { BUILTIN_OPERATORS } from './builtin-operators';
import { decodeConstant, readQuantization } from './decode-tensor';
import { damaged, FlatFile, type FlatTable } from './flat-table';
import { readCustomOptions, readOptions } from './options';

const SCHEMA_VERSION = 3;
const IDENTIFIER = 'TFL3';
const MOST_NODES = 100_000;
const MOST_INPUTS = 4096;
const MOST_AXES = 16;
/** Values in one tensor: 1 GiB of float32. */
const MOST_VALUES = 2 ** 28;
/** What the operators shared with `fromOnnx` behave like. */
const OPSET = 21;
/** `TensorType`: uint8, int16, int8. */
const QUANTIZED_TYPES = [3, 7, 9];

/** A TFLite file in the terms of an ONNX graph, whose layout is NHWC: what `compileGraph` takes. */
export interface TfliteModel extends OnnxModel {
  /** Of every tensor, by name. */
  readonly shapes: ReadonlyMap<string, readonly (number | undefined)[]>;
}

/**
 * Reads the first sub-graph of a TFLite file (schema version 3). Other sub-graphs are not read; the nodes that need
 * them are refused later, by name.
 *
 * @param bytes not kept
 * @throws WeightFormatError not a TFLite file, a truncated, damaged or hostile one, a model that computes in integers
 * @throws WeightsError a weight that is not finite
 */
export function readTflite(bytes: Uint8Array): TfliteModel {
  const file = new FlatFile(bytes);
  const identifier = String.fromCharCode(...bytes.subarray(4, 8));
  if (identifier !== IDENTIFIER) {
    throw new WeightFormatError('This is not a TFLite model: it does not begin as one.');
  }
  const model = file.root();
  const version = model.int(0);
  if (version !== SCHEMA_VERSION) {
    throw new WeightFormatError(`The TFLite file has schema version ${version}; 3 is supported.`);
  }
  const graph = model.tables(2)[0];
  if (graph === undefined) throw new WeightFormatError('The TFLite file holds no graph.');
  const codes = model.tables(1).map(operatorName);
  const tensors = readTensors(graph.tables(0), model.tables(4), file);
  const at = (place: number): Tensor => {
    const tensor = tensors[place];
    if (tensor === undefined) throw damaged();
    return tensor;
  };
  const constants = new Map<string, OnnxTensor>();
  for (const { name, constant } of tensors) {
    if (constant !== undefined) constants.set(name, constant);
  }
  const nodes = graph.tables(3).flatMap((table) => {
    const node = readNode(table, codes, at);
    return isFolded(node, constants) ? [] : [node];
  });
  if (nodes.length > MOST_NODES) {
    throw new WeightFormatError(`The graph has more than ${MOST_NODES} nodes.`);
  }
  const names = (places: readonly number[] | undefined) => (places ?? []).map((i) => at(i).name);
  return {
    opset: OPSET,
    nodes,
    constants,
    inputs: (graph.ints(1) ?? []).map((i) => ({ name: at(i).name, shape: at(i).shape })),
    outputs: names(graph.ints(2)),
    shapes: new Map(tensors.map(({ name, shape }) => [name, shape])),
  };
}

interface Tensor {
  readonly name: string;
  /** Sides that the file leaves open are `undefined`. */
  readonly shape: readonly (number | undefined)[];
  readonly integer: boolean;
  readonly constant?: OnnxTensor;
}

/** Numbers before the operator was named by an int32, or a name of MediaPipe and others. */
function operatorName(table: FlatTable): string {
  const code = Math.max(table.byte(0), table.int(3));
  const name = BUILTIN_OPERATORS[code] ?? `operator ${code}`;
  return name === 'CUSTOM' ? table.text(1) || name : name;
}

function readTensors(
  tables: readonly FlatTable[],
  buffers: readonly FlatTable[],
  file: FlatFile,
): readonly Tensor[] {
  const taken = new Set<string>();
  return tables.map((table, place) => {
    const given = table.text(3);
    const name = given === '' || taken.has(given) ? `${given}#${place}` : given;
    taken.add(name);
    const sides = table.ints(0) ?? [];
    const signature = table.ints(7) ?? [];
    const count = countOf(sides);
    if (sides.length > MOST_AXES || !sides.every((side) => side >= 0) || count > MOST_VALUES) {
      throw new WeightFormatError(`The tensor "${name}" claims the shape [${sides}].`);
    }
    if (table.table(6) !== undefined) {
      throw new WeightFormatError(
        `The weight "${name}" is sparse, which is not supported.`,
        'Convert the model without sparsity.',
      );
    }
    const buffer = buffers[table.int(2)];
    if (buffer === undefined) throw damaged();
    const raw = contentOf(buffer, file) ?? (count === 0 ? new Uint8Array() : undefined);
    const type = table.byte(1);
    const quantization = readQuantization(table.table(4));
    return {
      name,
      shape: sides.map((side, i) => (signature[i] === -1 ? undefined : side)),
      integer: QUANTIZED_TYPES.includes(type),
      constant: raw && decodeConstant(name, type, sides, raw, quantization),
    };
  });
}

/** In the flatbuffer, or in files of more than 2 GB behind it. Buffer 0 is empty: tensors that are computed. */
function contentOf(buffer: FlatTable, file: FlatFile): Uint8Array | undefined {
  const inside = buffer.bytes(0);
  if (inside !== undefined && inside.length > 0) return inside;
  const [offset, size] = [buffer.long(1), buffer.long(2)];
  return offset > 1 && size > 0 ? file.slice(offset, size) : undefined;
}

function readNode(
  table: FlatTable,
  codes: readonly string[],
  at: (place: number) => Tensor,
): OnnxNode {
  const op = codes[table.int(0)];
  if (op === undefined) throw damaged();
  const inputs = (table.ints(1) ?? []).map((place) => (place === -1 ? undefined : at(place)));
  const outputs = (table.ints(2) ?? []).map(at);
  const name = outputs[0]?.name ?? '';
  if (inputs.length > MOST_INPUTS || outputs.length > MOST_INPUTS) {
    throw new WeightFormatError(`The node "${name}" (${op}) has more than ${MOST_INPUTS} inputs.`);
  }
  const quantized = outputs.find(({ integer }) => integer);
  if (quantized !== undefined) {
    throw new WeightFormatError(
      `The model computes in integers: the node "${name}" (${op}) makes "${quantized.name}".`,
      'Convert it with float32 or float16 weights, or with weights alone quantised.',
    );
  }
  const custom = table.bytes(5);
  return {
    op,
    name,
    domain: '',
    inputs: inputs.map((tensor) => tensor?.name ?? ''),
    outputs: outputs.map((tensor) => tensor.name),
    attributes: new Map([...readOptions(op, table.table(4)), ...readCustomOptions(op, custom)]),
  };
}

/** `DEQUANTIZE` of a weight, which is float32 already: takes its name, and is no node any more. */
function isFolded({ op, inputs, outputs }: OnnxNode, constants: Map<string, OnnxTensor>): boolean {
  const weight = op === 'DEQUANTIZE' ? constants.get(inputs[0] ?? '') : undefined;
  if (weight === undefined || weight.integer || outputs[0] === undefined) return false;
  constants.set(outputs[0], { ...weight, name: outputs[0] });
  return true;
}
