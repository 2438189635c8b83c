import { PbfWriter } from 'pbf';
import {
  NotOneGraph,
  type Source,
  type TracedConstant,
  type TracedKernel,
  type TypedShape,
} from './kernel-trace';
import type { KernelAttribute, NativeKernels } from './native-kernels';

export interface Graph {
  readonly inputs: readonly TypedShape[];
  /** Those that no kernel reads are left out. */
  readonly constants: readonly TracedConstant[];
  /** In an order in which they can run. */
  readonly kernels: readonly TracedKernel[];
}

/** Under this name a session knows a tensor. */
export function tensorName(source: Source): string {
  if ('input' in source) return `input${source.input}:0`;
  if ('constant' in source) return `constant${source.constant}:0`;
  return `kernel${source.kernel}:${source.output}`;
}

/** By which a loader finds the graph in the file. */
export const TAG = 'serve';
/** Operators mean what they meant to this version of TensorFlow's graphs (2.3, of 2020). */
const PRODUCER = 440;

/** Writes the fields of one message. */
type Message = (to: PbfWriter) => void;

/**
 * A graph as the file `saved_model.pb`, the one form in which tfjs-node takes one: a `GraphDef` in a `MetaGraphDef`, without
 * the signature, which it does not need. Numbers of fields are those of `saved_model.proto`, `meta_graph.proto` and, below
 * `tensorflow/core/framework`, `graph.proto`, `node_def.proto`, `attr_value.proto`, `tensor.proto`.
 */
export function savedModel({ binding }: Pick<NativeKernels, 'binding'>, graph: Graph): Uint8Array {
  const file = new PbfWriter();
  file.writeVarintField(1, 1);
  write(file, 2, (metaGraph) => {
    write(metaGraph, 1, (information) => information.writeStringField(4, TAG));
    write(metaGraph, 2, graphDefinition(binding, graph));
  });
  return file.finish();
}

const write = (to: PbfWriter, field: number, message: Message): void =>
  to.writeMessage(field, (_: undefined, inner) => message(inner), undefined);

const graphDefinition =
  (binding: NativeKernels['binding'], { inputs, constants, kernels }: Graph): Message =>
  (graph) => {
    const read = new Set(kernels.flatMap((kernel) => kernel.inputs.map(tensorName)));
    for (const [i, { type, shape }] of inputs.entries()) {
      const attributes: Attributes = { dtype: typeValue(type), shape: shapeValue(shape) };
      write(graph, 1, node(`input${i}`, 'Placeholder', [], attributes));
    }
    for (const [i, constant] of constants.entries()) {
      if (!read.has(tensorName({ constant: i }))) continue;
      const attributes: Attributes = {
        dtype: typeValue(constant.type),
        value: tensorValue(constant),
      };
      write(graph, 1, node(`constant${i}`, 'Const', [], attributes));
    }
    for (const [i, kernel] of kernels.entries()) {
      const operator = isBias(kernel, kernels, constants) ? 'BiasAdd' : kernel.name;
      const attributes: Attributes = Object.fromEntries(
        kernel.attributes.map((each) => [each.name, attributeValue(binding, each)]),
      );
      write(graph, 1, node(`kernel${i}`, operator, kernel.inputs, attributes));
    }
    write(graph, 4, (versions) => versions.writeVarintField(1, PRODUCER));
  };

/**
 * A sum with one number per channel. As `BiasAdd` TensorFlow draws it into the convolution before it; as `Add` it fails at
 * that where a hard swish follows, says so on stderr and draws nothing into anything ("fanout exists for missing node", 2.21).
 */
function isBias(
  { name, inputs: [map, bias] }: TracedKernel,
  kernels: readonly TracedKernel[],
  constants: readonly TracedConstant[],
): boolean {
  if (name !== 'Add' || !('kernel' in map) || !('constant' in bias)) return false;
  const channels = constants[bias.constant].shape;
  const { shape } = kernels[map.kernel].outputs[map.output];
  return channels.length === 1 && shape.length === 4 && shape[3] === channels[0];
}

type Attributes = Readonly<Record<string, Message>>;

const node =
  (name: string, operator: string, inputs: readonly Source[], attributes: Attributes): Message =>
  (to) => {
    to.writeStringField(1, name);
    to.writeStringField(2, operator);
    for (const input of inputs) to.writeStringField(3, tensorName(input));
    for (const [key, value] of Object.entries(attributes)) {
      write(to, 5, (entry) => {
        entry.writeStringField(1, key);
        write(entry, 2, value);
      });
    }
  };

const typeValue =
  (type: number): Message =>
  (to) =>
    to.writeVarintField(6, type);

const shapeValue =
  (shape: readonly number[]): Message =>
  (to) =>
    write(to, 7, shapeFields(shape));

const tensorValue =
  ({ type, shape, bytes }: TracedConstant): Message =>
  (to) =>
    write(to, 8, (tensor) => {
      tensor.writeVarintField(1, type);
      write(tensor, 2, shapeFields(shape));
      tensor.writeBytesField(4, bytes);
    });

const shapeFields =
  (shape: readonly number[]): Message =>
  (to) => {
    for (const size of shape) write(to, 2, (side) => side.writeVarintField(1, size));
  };

/** @throws NotOneGraph an attribute of a kind that no kernel here has */
function attributeValue(
  binding: NativeKernels['binding'],
  { name, type, value }: KernelAttribute,
): Message {
  if (type === binding.TF_ATTR_SHAPE) return shapeValue(value as readonly number[]);
  const writeOne = (to: PbfWriter, one: unknown) => {
    if (type === binding.TF_ATTR_STRING) to.writeStringField(2, one as string);
    else if (type === binding.TF_ATTR_INT) to.writeVarintField(3, one as number);
    else if (type === binding.TF_ATTR_FLOAT) to.writeFloatField(4, one as number);
    else if (type === binding.TF_ATTR_BOOL) to.writeBooleanField(5, one as boolean);
    else if (type === binding.TF_ATTR_TYPE) to.writeVarintField(6, one as number);
    else throw new NotOneGraph(`the attribute "${name}" is of the type ${type}`);
  };
  if (!Array.isArray(value)) return (to) => writeOne(to, value);
  return (to) =>
    write(to, 1, (list) => {
      for (const one of value) writeOne(list, one);
    });
}
