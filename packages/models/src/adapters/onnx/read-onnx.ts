import { WeightFormatError } from '@latent-matte/core';
import { PbfReader } from 'pbf';
import { decodeTensor, type ExternalData, LeftOut, type RawTensor } from './decode-tensor';
import type {
  OnnxAttribute,
  OnnxGraph,
  OnnxInput,
  OnnxModel,
  OnnxNode,
  OnnxTensor,
} from './onnx-model';

const MOST_NODES = 100_000;
/** Graphs within graphs. */
const MOST_DEPTH = 8;

type External = ExternalData | LeftOut;

/** The names of the other files that hold weights of a model. @throws WeightFormatError as `readOnnx` */
export function externalFilesOf(bytes: Uint8Array): string[] {
  const left = new LeftOut();
  readOnnx(bytes, left);
  return [...left.files];
}

/**
 * Reads an ONNX file (onnx.proto of IR version 3 to 10). Functions are not read; nodes that need them are refused
 * later, by name.
 *
 * @throws WeightFormatError not an ONNX file, a truncated or damaged one
 * @throws WeightsError a weight that is not finite
 */
export function readOnnx(bytes: Uint8Array, external?: External): OnnxModel {
  const reader = new PbfReader(bytes);
  const model = { opset: 0, graph: undefined as Graph | undefined };
  try {
    fields(reader, bytes.length, (tag) => {
      if (tag === 7) model.graph = message(reader, (_, end) => readGraph(reader, end, external));
      else if (tag === 8) {
        const { domain, version } = message(reader, readOpset);
        if (domain === '' || domain === 'ai.onnx') model.opset = version;
      }
    });
  } catch (error) {
    if (error instanceof WeightFormatError || !(error instanceof Error)) throw error;
    if ('code' in error) throw error;
    // What pbf throws is about varints and offsets.
    throw damaged();
  }
  const { graph, opset } = model;
  if (graph === undefined || opset === 0) {
    throw new WeightFormatError('This is not an ONNX model: it has no graph, or no operator set.');
  }
  return { opset, ...graphOf(graph) };
}

function graphOf(graph: Graph): OnnxGraph {
  const constants = new Map(graph.constants.map((tensor) => [tensor.name, tensor]));
  const inputs = graph.inputs.filter(({ name }) => !constants.has(name));
  const outputs = graph.outputs.map(({ name }) => name);
  const outputShapes = new Map(graph.outputs.map(({ name, shape = [] }) => [name, shape]));
  return { nodes: graph.nodes, constants, inputs, outputs, outputShapes };
}

interface Graph {
  nodes: OnnxNode[];
  constants: OnnxTensor[];
  inputs: OnnxInput[];
  outputs: OnnxInput[];
}

const damaged = () => new WeightFormatError('The ONNX file is damaged or truncated.');

/** Reads the fields up to `end`, and makes sure that none reaches beyond. */
function fields(reader: PbfReader, end: number, read: (tag: number) => void): void {
  if (end > reader.length) throw damaged();
  reader.readFields(
    (tag) => {
      read(tag);
      if (reader.pos > end) throw damaged();
    },
    undefined,
    end,
  );
  if (reader.pos !== end) throw damaged();
}

function message<T>(reader: PbfReader, read: (reader: PbfReader, end: number) => T): T {
  const length = reader.readVarint();
  return read(reader, reader.pos + length);
}

function bytesOf(reader: PbfReader): Uint8Array {
  const bytes = reader.readBytes();
  if (reader.pos > reader.length) throw damaged();
  return bytes;
}

const text = (reader: PbfReader) => new TextDecoder().decode(bytesOf(reader));

function readOpset(reader: PbfReader, end: number) {
  const opset = { domain: '', version: 0 };
  fields(reader, end, (tag) => {
    if (tag === 1) opset.domain = text(reader);
    else if (tag === 2) opset.version = reader.readVarint();
  });
  return opset;
}

function readGraph(reader: PbfReader, end: number, external?: External, depth = 0): Graph {
  if (depth > MOST_DEPTH) throw new WeightFormatError(`Its graphs are nested ${depth} deep.`);
  const graph: Graph = { nodes: [], constants: [], inputs: [], outputs: [] };
  fields(reader, end, (tag) => {
    if (tag === 1)
      graph.nodes.push(message(reader, (_, last) => readNode(reader, last, external, depth)));
    else if (tag === 5)
      graph.constants.push(message(reader, (_, last) => readTensor(reader, last, external)));
    else if (tag === 11) graph.inputs.push(message(reader, readInput));
    else if (tag === 12) graph.outputs.push(message(reader, readInput));
    if (graph.nodes.length > MOST_NODES) {
      throw new WeightFormatError(`The graph has more than ${MOST_NODES} nodes.`);
    }
  });
  return graph;
}

function readNode(
  reader: PbfReader,
  end: number,
  external: External | undefined,
  depth: number,
): OnnxNode {
  const node = { name: '', op: '', domain: '' };
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes = new Map<string, OnnxAttribute>();
  fields(reader, end, (tag) => {
    if (tag === 1) inputs.push(text(reader));
    else if (tag === 2) outputs.push(text(reader));
    else if (tag === 3) node.name = text(reader);
    else if (tag === 4) node.op = text(reader);
    else if (tag === 7) node.domain = text(reader);
    else if (tag === 5) {
      const { name, value } = message(reader, (_, last) =>
        readAttribute(reader, last, external, depth),
      );
      if (value !== undefined) attributes.set(name, value);
    }
  });
  return { ...node, name: node.name || outputs[0] || '', inputs, outputs, attributes };
}

function readAttribute(
  reader: PbfReader,
  end: number,
  external: External | undefined,
  depth: number,
) {
  let name = '';
  let type = 0;
  const held: { f?: number; i?: number; s?: string; t?: OnnxTensor; g?: OnnxGraph } = {};
  const floats: number[] = [];
  const ints: number[] = [];
  const strings: string[] = [];
  fields(reader, end, (tag) => {
    if (tag === 1) name = text(reader);
    else if (tag === 2) held.f = reader.readFloat();
    else if (tag === 3) held.i = reader.readVarint(true);
    else if (tag === 4) held.s = text(reader);
    else if (tag === 5) held.t = message(reader, (_, last) => readTensor(reader, last, external));
    else if (tag === 6)
      held.g = graphOf(message(reader, (_, last) => readGraph(reader, last, external, depth + 1)));
    else if (tag === 7) numbers(reader, 4, floats, () => reader.readFloat());
    else if (tag === 8) numbers(reader, 0, ints, () => reader.readVarint(true));
    else if (tag === 9) strings.push(text(reader));
    else if (tag === 20) type = reader.readVarint();
  });
  // Fields that hold zero are left out of the file: the type tells which one is meant.
  const byType: Readonly<Record<number, OnnxAttribute | undefined>> = {
    1: held.f ?? 0,
    2: held.i ?? 0,
    3: held.s ?? '',
    4: held.t,
    5: held.g,
    6: floats,
    7: ints,
    8: strings,
  };
  return { name, value: byType[type] };
}

/** A repeated number, packed or not. */
function numbers(reader: PbfReader, size: number, into: number[], read: () => number): void {
  if (reader.type !== 2) {
    into.push(read());
    return;
  }
  const length = reader.readVarint();
  const end = reader.pos + length;
  if (end > reader.length || (size > 0 && length % size !== 0)) throw damaged();
  while (reader.pos < end) into.push(read());
  if (reader.pos !== end) throw damaged();
}

function readTensor(reader: PbfReader, end: number, external?: External): OnnxTensor {
  const place = new Map<string, string>();
  const tensor: RawTensor = { name: '', dims: [], type: 0, numbers: [], external: false, place };
  fields(reader, end, (tag) => {
    if (tag === 1) numbers(reader, 0, tensor.dims, () => reader.readVarint(true));
    else if (tag === 2) tensor.type = reader.readVarint();
    else if (tag === 4) numbers(reader, 4, tensor.numbers, () => reader.readFloat());
    else if (tag === 5 || tag === 7)
      numbers(reader, 0, tensor.numbers, () => reader.readVarint(true));
    else if (tag === 8) tensor.name = text(reader);
    else if (tag === 9) tensor.raw = bytesOf(reader);
    else if (tag === 10) numbers(reader, 8, tensor.numbers, () => reader.readDouble());
    else if (tag === 13) {
      const [key, value] = message(reader, readEntry);
      place.set(key, value);
      tensor.external = true;
    } else if (tag === 14 && reader.readVarint() === 1) tensor.external = true;
  });
  return decodeTensor(tensor, external);
}

function readEntry(reader: PbfReader, end: number): [string, string] {
  const entry: [string, string] = ['', ''];
  fields(reader, end, (tag) => {
    if (tag === 1 || tag === 2) entry[tag - 1] = text(reader);
  });
  return entry;
}

function readInput(reader: PbfReader, end: number): OnnxInput {
  let name = '';
  let shape: (number | undefined)[] | undefined;
  const dimension = (_: PbfReader, last: number): number | undefined => {
    let side: number | undefined;
    fields(reader, last, (tag) => {
      if (tag === 1) side = reader.readVarint(true);
    });
    return side !== undefined && side > 0 ? side : undefined;
  };
  const within = (inner: (tag: number) => void) => () =>
    message(reader, (_, last) => fields(reader, last, inner));
  const readShape = within((tag) => {
    if (tag === 1) shape?.push(message(reader, dimension));
  });
  const readTensorType = within((tag) => {
    if (tag !== 2) return;
    shape = [];
    readShape();
  });
  const readType = within((tag) => {
    if (tag === 1) readTensorType();
  });
  fields(reader, end, (tag) => {
    if (tag === 1) name = text(reader);
    else if (tag === 2) readType();
  });
  return { name, shape };
}
