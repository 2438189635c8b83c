import { WeightFormatError } from '@latent-matte/core';
import { throwIfInterrupted } from '@latent-matte/core/internal';
import * as tf from '@tensorflow/tfjs-core';
import { lastReads, tensorsOf, Values } from './lifetimes';
import type { OnnxModel, OnnxNode, OnnxTensor } from './onnx-model';
import { absent, type Operator, type Step, type Tools } from './operator';
import { Room } from './room';
import { hasSmoothPath } from './smooth-path';
import { ofHost, planar, shapeOf, type Value } from './value';

/** Larger constants are not needed as numbers. */
const MOST_HOST = 4096;

/** Values of all weights that are made tensors, and of what is computed from them when loading: 512 MiB. */
const MOST_FIXED = 2 ** 27;
/** Of that, what any file may compute, however small it is: grids, positions, anchors. */
const LEAST_FIXED = 2 ** 24;
/** And how many values for each that the file has: kernels that are unrolled, repeated, made dense. */
const FIXED_PER_WEIGHT = 8;

/** Values of everything that one run makes, all of which a gradient may keep: 8 GiB. */
const MOST_MADE = 2 ** 31;
/** Of that, what any run may make, however small its picture is. */
const LEAST_MADE = 2 ** 25;
/** And how many values for each of its inputs: U²-Net makes 900. */
const MADE_PER_INPUT = 2 ** 12;

/** The operators of a file format. */
export interface OperatorSet {
  readonly operators: Readonly<Record<string, Operator>>;
  /** The inputs that operators read as weights when they are prepared: no tensors are made of them here. */
  readonly readAtLoad: Readonly<Record<string, readonly number[]>>;
  /** Refuses what no run could answer. @param nodes in order @param pictures the inputs they depend on */
  readonly check?: (nodes: readonly OnnxNode[], pictures: Set<string>) => void;
}

/** A graph ready to run. */
export interface CompiledGraph {
  /** Names of the inputs that the output depends on. */
  readonly reached: ReadonlySet<string>;
  /** Whether a gradient can come from the first output to an input. */
  follows(input: string): boolean;
  /** The first of the outputs. */
  run(inputs: ReadonlyMap<string, Value>): Value;
  runAll(inputs: ReadonlyMap<string, Value>): readonly Value[];
  dispose(): void;
}

/**
 * Prepares the part of a graph that its outputs need. Nothing is run but what depends on constants alone: a graph that
 * cannot be run is refused here.
 *
 * @param room of the graph around it, where there is one: they share what a run may make
 * @throws WeightFormatError operators are unknown (all of them, with their nodes), an input is missing, the graph has
 *   a cycle, an attribute is not supported
 */
export function compileGraph(
  model: OnnxModel,
  outputs: readonly string[],
  set: OperatorSet,
  room = new Room(),
): CompiledGraph {
  const { operators, readAtLoad } = set;
  const { constants } = model;
  let given = 0;
  for (const { data } of constants.values()) given += data.length;
  const mostFixed = Math.min(MOST_FIXED, Math.max(LEAST_FIXED, FIXED_PER_WEIGHT * given));
  const { nodes, reached } = inOrder(model, outputs);
  const unknown = nodes.filter(
    ({ op, domain }) => !Object.hasOwn(operators, op) || isForeign(domain),
  );
  if (unknown.length > 0) throw refusal(unknown);
  set.check?.(nodes, new Set(reached));

  const kept: tf.Tensor[] = [];
  const within: CompiledGraph[] = [];
  const fixed = new Map<string, Value>([['', absent]]);
  const value = (name: string): void => {
    const tensor = constants.get(name);
    if (tensor !== undefined && !fixed.has(name)) fixed.set(name, constantValue(tensor, tools));
  };
  const dispose = () => {
    tf.dispose(kept.splice(0));
    for (const graph of within.splice(0)) graph.dispose();
  };
  const tools: Tools = {
    opset: model.opset,
    room,
    constant: (name) => constants.get(name) ?? weightOf(name, fixed.get(name)),
    compile: (graph, names) => {
      const inner = compileGraph(
        { opset: model.opset, ...graph },
        names,
        // Checked with the graph around it.
        { operators, readAtLoad },
        room,
      );
      within.push(inner);
      return inner;
    },
    keep: (make) => {
      const tensor = tf.keep(tf.tidy(make));
      kept.push(tensor);
      return tensor;
    },
  };
  try {
    const running: PreparedNode[] = [];
    const prepare = (node: OnnxNode) => {
      for (const [place, name] of node.inputs.entries()) {
        if (!readAtLoad[node.op]?.includes(place)) value(name);
      }
      const step = named(node, operators[node.op](node, tools));
      const isFixed = (name: string, place: number) =>
        fixed.has(name) || (readAtLoad[node.op]?.includes(place) && constants.has(name));
      // A sequence is no tensor that could be kept.
      if (node.inputs.every(isFixed) && !node.op.includes('Sequence'))
        precompute({ node, step }, fixed, kept, room, mostFixed);
      else running.push({ node, step });
    };
    // In order: what one node makes of constants is the weight of a later one.
    for (const node of nodes) prepare(node);
    // An output may be a constant itself.
    for (const name of outputs) value(name);
    const last = lastReads(
      running.map(({ node }) => node),
      [...outputs, ...fixed.keys()],
    );
    const steps = running.map((prepared, i) => ({ ...prepared, last: last[i] }));
    const runAll = (inputs: ReadonlyMap<string, Value>) => run(steps, fixed, inputs, outputs, room);
    const follows = (input: string) => hasSmoothPath(nodes, input, outputs[0]);
    return { reached, follows, run: (inputs) => runAll(inputs)[0], runAll, dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

interface PreparedNode {
  readonly node: OnnxNode;
  readonly step: Step;
}

/** The step, whose errors say which node failed on which shapes: what tfjs throws of a damaged file names neither. */
function named(node: OnnxNode, step: Step): Step {
  return (inputs) => {
    try {
      return step(inputs);
    } catch (error) {
      if (!(error instanceof Error) || 'code' in error) throw error;
      // A trap of WebAssembly: the file is right, and the device says that its memory is full.
      if (error.name === 'RuntimeError') throw error;
      const shapes = inputs.map((value) => `[${shapeOf(value)}]`).join(', ');
      throw new WeightFormatError(
        `The node "${node.name}" (${node.op}) cannot be run on ${shapes || 'no inputs'}: ${error.message}`,
        'Check the file with onnx.checker, or wrap the model with fromFunction.',
        { cause: error },
      );
    }
  };
}

/** Runs a step that depends on constants alone, once. */
function precompute(
  { node, step }: PreparedNode,
  fixed: Map<string, Value>,
  kept: tf.Tensor[],
  room: Room,
  most: number,
) {
  const before = kept.reduce((sum, { size }) => sum + size, 0);
  tf.tidy(() => {
    const given = node.inputs.map((name) => fixed.get(name) ?? absent);
    const values = room.limited(most - before, () => valuesOf(step(given)));
    for (const [i, value] of values.entries()) {
      if (!node.outputs[i]) continue;
      // Numbers become a tensor now rather than at every call; sizes stay numbers.
      const plain = value.host?.integer === false ? planar(value) : undefined;
      const tensor = value.tensor ?? plain;
      if (tensor !== undefined) kept.push(tf.keep(tensor));
      const grown = kept.reduce((sum, { size }) => sum + size, 0);
      if (grown > most) {
        throw new WeightFormatError(
          `The constants of the graph grow to ${grown} values; ${most} are the limit (at the node "${node.name}").`,
        );
      }
      fixed.set(node.outputs[i], { ...value, tensor });
    }
  });
}

const valuesOf = (result: Value | readonly Value[]): readonly Value[] =>
  Array.isArray(result) ? result : [result as Value];

function run(
  steps: readonly (PreparedNode & { readonly last: readonly string[] })[],
  fixed: ReadonlyMap<string, Value>,
  inputs: ReadonlyMap<string, Value>,
  outputs: readonly string[],
  room: Room,
): readonly Value[] {
  let given = 0;
  for (const { tensor } of inputs.values()) given += tensor?.size ?? 0;
  const most = Math.min(MOST_MADE, Math.max(LEAST_MADE, MADE_PER_INPUT * given));
  const values = new Values(new Map([...fixed, ...inputs]));
  room.limited(most, () => {
    for (const { node, step, last } of steps) {
      throwIfInterrupted();
      const operands = node.inputs.map((name) => values.get(name) ?? absent);
      const results = freeingOthers(() => valuesOf(step(operands)));
      for (const [i, value] of results.entries()) {
        if (node.outputs[i]) values.set(node.outputs[i], value);
      }
      room.spend(node, results);
      for (const name of last) values.end(name);
    }
  });
  return outputs.map((output) => {
    const value = values.get(output);
    if (value !== undefined) return value;
    // The node that names it gives fewer answers than it claims.
    throw new WeightFormatError(
      `No node answers the output "${output}".`,
      'Export the model again, or name another output.',
    );
  });
}

/** Runs a step, and frees what it made besides its answers. */
function freeingOthers(step: () => readonly Value[]): readonly Value[] {
  let values: readonly Value[] = [];
  tf.tidy(() => {
    values = step();
    return values.flatMap(tensorsOf);
  });
  return values;
}

function constantValue({ shape, data, integer }: OnnxTensor, tools: Tools): Value {
  const host = data.length <= MOST_HOST ? { shape, data: [...data], integer } : undefined;
  if (integer) return ofHost([...data], shape);
  return {
    host,
    tensor: tools.keep(() => tf.tensor(Float32Array.from(data), [...shape], 'float32')),
  };
}

/** What nodes made of constants, as a weight: standardised, transposed, scaled. */
function weightOf(name: string, value: Value | undefined): OnnxTensor | undefined {
  if (value === undefined || value === absent) return undefined;
  const { tensor, host } = value;
  if (tensor === undefined) return host && { name, ...host };
  const data = tf.tidy(() => planar(value).dataSync()) as Float32Array;
  return { name, shape: shapeOf(value), data, integer: host?.integer ?? false };
}

const isForeign = (domain: string) => domain !== '' && domain !== 'ai.onnx';

function refusal(nodes: readonly OnnxNode[]): WeightFormatError {
  const named = new Map<string, string>();
  for (const { op, domain, name } of nodes) {
    const full = isForeign(domain) ? `${domain}.${op}` : op;
    if (!named.has(full)) named.set(full, name);
  }
  const listed = [...named].map(([op, name]) => `${op} (node "${name}")`).join(', ');
  return new WeightFormatError(
    `The model needs operators that are not supported: ${listed}.`,
    'Export it without them, or wrap it with fromFunction.',
  );
}

/** The nodes that lead to the outputs, each after those it depends on. */
function inOrder(model: OnnxModel, outputs: readonly string[]) {
  const { nodes, constants } = model;
  const makers = new Map(
    nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)),
  );
  const inputs = new Set(model.inputs.map(({ name }) => name));
  const reached = new Set<string>();
  const state = new Map<OnnxNode, 'open' | 'done'>();
  const order: OnnxNode[] = [];
  const stack = [...outputs];
  while (stack.length > 0) {
    const name = stack[stack.length - 1];
    const node = makers.get(name);
    if (node === undefined || state.get(node) === 'done') {
      stack.pop();
      if (node !== undefined || name === '' || constants.has(name)) continue;
      if (!inputs.has(name)) throw new WeightFormatError(`Nothing in the graph makes "${name}".`);
      reached.add(name);
      continue;
    }
    const waiting = node.inputs.filter((input) => {
      const maker = makers.get(input);
      return maker === undefined ? state.get(node) !== 'open' : state.get(maker) !== 'done';
    });
    if (waiting.length === 0) {
      state.set(node, 'done');
      order.push(node);
      stack.pop();
      continue;
    }
    if (state.get(node) === 'open') {
      throw new WeightFormatError(`The graph has a cycle through the node "${node.name}".`);
    }
    state.set(node, 'open');
    stack.push(...waiting);
  }
  return { nodes: order, reached };
}
