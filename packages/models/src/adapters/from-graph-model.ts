import { InvalidOptionError, ModelOutputError, WeightFormatError } from '@latent-matte/core';
import * as tf from '@tensorflow/tfjs-core';
import { type AdaptedModel, adapt } from './adapt';
import { checkDescription } from './check-description';
import type { AdapterDescription } from './description';
import { dilate, type GraphConstants } from './graph/dilate';
import { type FoldedGraph, foldControlFlow } from './graph/fold-control-flow';
import { type GraphNode, reference } from './graph/graph-node';
import { graphWeights } from './graph/graph-weights';
import { unfuse } from './graph/unfuse';
import { quoted } from './quoted';

/** A `GraphModel` of `@tensorflow/tfjs-converter` 4, loaded by the user. */
export interface LoadedGraphModel {
  readonly weights: Readonly<Record<string, readonly tf.Tensor[]>>;
  readonly inputs: readonly { readonly name: string }[];
  readonly outputs: readonly { readonly name: string }[];
  execute(inputs: tf.NamedTensorMap, outputs: string | string[]): tf.Tensor | tf.Tensor[];
  dispose(): void;
}

export interface FromGraphModelOptions {
  /** Values of the other inputs, by name: scalars, or tensors (copied). They decide conditions in the graph. */
  readonly constants?: Readonly<Record<string, number | tf.Tensor>>;
}

interface Signature {
  readonly inputs?: Readonly<Record<string, { readonly name?: string }>>;
  readonly outputs?: Readonly<Record<string, { readonly name?: string }>>;
}

interface Artifacts {
  readonly modelTopology?: { readonly node?: readonly GraphNode[] };
  readonly signature?: Signature;
  readonly userDefinedMetadata?: { readonly signature?: Signature };
}

type Loader = new (handler: tf.io.IOHandlerSync) => LoadedGraphModel & { load(): unknown };

/**
 * Makes a matting or trimap model of a TensorFlow.js graph model. The graph is rewritten for gradients: only what the
 * output needs is kept, conditions that constants decide are replaced by their branch, fused operations are taken
 * apart, dilated convolutions made one operation, denormal weights set to zero. The rewritten graph has its own weights: the model given may be disposed.
 *
 * ```ts
 * import { fromGraphModel } from '@latent-matte/models';
 * import { loadGraphModel } from '@tensorflow/tfjs-converter';
 *
 * const graph = await loadGraphModel('https://example.com/network/model.json');
 * const matting = await fromGraphModel(graph, { kind: 'matting', name: 'mine' });
 * ```
 *
 * @param model from `loadGraphModel`
 * @param description `input.name`, `trimap.name` and `output.name` are names of the signature or of nodes
 * @throws InvalidOptionError a name that the graph does not have, or an input without a value
 * @throws WeightFormatError a graph with loops, cycles, or conditions that depend on the picture
 * @throws ModelOutputError the output does not depend on the picture
 */
export async function fromGraphModel<D extends AdapterDescription>(
  model: LoadedGraphModel,
  description: D,
  { constants = {} }: FromGraphModelOptions = {},
): Promise<AdaptedModel<D>> {
  checkDescription(description);
  const { topology, nodes, signature } = contentsOf(model);
  const placeholders = nodes.filter(({ op }) => op.startsWith('Placeholder')).map((n) => n.name);
  const nodeNamed = (name: string) =>
    reference(signature.inputs?.[name]?.name ?? signature.inputs?.[`${name}:0`]?.name ?? name).node;
  const given = new Map(Object.entries(constants).map(([name, value]) => [nodeNamed(name), value]));
  const trimap = description.kind === 'matting' ? description.trimap : undefined;
  const names = {
    ...(trimap?.as === 'input' && { trimap: nodeNamed(trimap.name ?? 'trimap') }),
    image: nodeNamed(description.input?.name ?? ''),
  };
  if (description.input?.name === undefined) {
    const free = placeholders.filter((name) => !given.has(name) && name !== names.trimap);
    if (free.length !== 1) throw unclear(`has ${free.length} inputs without a value`, placeholders);
    names.image = free[0];
  }
  for (const name of [...given.keys(), ...Object.values(names)]) {
    if (!placeholders.includes(name)) throw unclear(`has no input "${name}"`, placeholders);
  }

  const load = async (rewritten: readonly GraphNode[], added: GraphConstants = {}) => {
    const weights = await graphWeights(rewritten, { ...model.weights, ...added });
    const modelTopology = { ...topology, node: rewritten };
    const handler = { load: () => ({ modelTopology, ...weights }) as tf.io.ModelArtifacts };
    const loaded = new (model.constructor as Loader)(handler);
    loaded.load();
    return loaded;
  };
  const fixed = constantTensors(nodes, given);
  try {
    const wanted = outputName(description.output?.name, model, signature, nodes);
    const graph = await foldControlFlow(nodes, wanted, async (predicate, name) => {
      const free = inputsOf(predicate).filter((input) => !given.has(input));
      if (free.length > 0) {
        throw new WeightFormatError(
          `The condition in the node "${name}" depends on ${quoted(free)}.`,
          'Give these inputs a value in constants, or export the model without conditions.',
        );
      }
      const part = await load(predicate.nodes);
      try {
        const value = tf.tidy(() =>
          first(part.execute(pick(fixed, inputsOf(predicate)), predicate.output)),
        );
        const [truth] = await value.data();
        value.dispose();
        return truth !== 0;
      } finally {
        part.dispose();
      }
    });
    const used = inputsOf(graph);
    const open = used.filter((name) => !given.has(name) && !Object.values(names).includes(name));
    if (open.length > 0) throw unclear(`needs a value for ${quoted(open)}`, placeholders);
    if (!used.includes(names.image) && description.differentiable !== 'none') {
      throw new ModelOutputError(
        `The output "${wanted}" of "${description.name}" does not depend on the input "${names.image}".`,
        'Name another output or input: the gradient would be zero everywhere.',
      );
    }
    const rewritten = await dilate(unfuse(graph.nodes), model.weights);
    const runner = await load(rewritten.nodes, rewritten.constants).finally(() =>
      tf.dispose(Object.values(rewritten.constants).flat()),
    );
    const rest = pick(fixed, used);
    return adapt(
      {
        run: ({ image, trimap: coded }) =>
          first(
            runner.execute(
              {
                ...rest,
                ...(used.includes(names.image) && { [names.image]: image }),
                ...(names.trimap !== undefined &&
                  used.includes(names.trimap) &&
                  coded !== undefined && { [names.trimap]: coded }),
              },
              graph.output,
            ),
          ),
        single: isSingle(nodes, names.image),
        pure: true,
        dispose: () => {
          runner.dispose();
          tf.dispose(fixed);
        },
      },
      description,
    );
  } catch (error) {
    tf.dispose(fixed);
    throw error;
  }
}

/** Whether the placeholder of the picture takes one at a time. */
function isSingle(nodes: readonly GraphNode[], image: string): boolean {
  const shape = nodes.find(({ name }) => name === image)?.attr?.shape?.shape;
  return Number(shape?.dim?.[0]?.size) === 1;
}

function contentsOf(model: LoadedGraphModel) {
  const { artifacts } = model as unknown as { artifacts?: Artifacts };
  const topology = artifacts?.modelTopology;
  if (!Array.isArray(topology?.node) || typeof model.execute !== 'function') {
    throw new InvalidOptionError(
      'This is not a graph model of @tensorflow/tfjs-converter.',
      'Pass what loadGraphModel of version 4 returns.',
    );
  }
  const nodes = topology.node as readonly GraphNode[];
  const signature = artifacts?.userDefinedMetadata?.signature ?? artifacts?.signature ?? {};
  return { topology, nodes, signature };
}

function outputName(
  wanted: string | number | undefined,
  model: LoadedGraphModel,
  signature: Signature,
  nodes: readonly GraphNode[],
): string {
  const known = model.outputs.map(({ name }) => name);
  const name = typeof wanted === 'string' ? wanted : known[wanted ?? 0];
  const actual = signature.outputs?.[name]?.name ?? name;
  if (actual !== undefined && nodes.some((node) => node.name === reference(actual).node)) {
    return actual;
  }
  const keys = Object.keys(signature.outputs ?? {});
  throw new InvalidOptionError(
    `The graph has no output ${JSON.stringify(wanted)}.`,
    `It has ${quoted(keys.length > 0 ? keys : known)}.`,
  );
}

function constantTensors(
  nodes: readonly GraphNode[],
  given: ReadonlyMap<string, number | tf.Tensor>,
): tf.NamedTensorMap {
  const fixed: tf.NamedTensorMap = {};
  for (const [name, value] of given) {
    const type = String(nodes.find((node) => node.name === name)?.attr?.dtype?.type);
    const dtype = /BOOL|^10$/.test(type) ? 'bool' : /INT|^(3|9)$/.test(type) ? 'int32' : 'float32';
    fixed[name] = typeof value === 'number' ? tf.scalar(value, dtype) : tf.clone(value);
  }
  return fixed;
}

const inputsOf = ({ nodes }: FoldedGraph) =>
  nodes.filter(({ op }) => op.startsWith('Placeholder')).map(({ name }) => name);

const pick = (from: tf.NamedTensorMap, names: readonly string[]): tf.NamedTensorMap =>
  Object.fromEntries(Object.entries(from).filter(([name]) => names.includes(name)));

const first = (answer: tf.Tensor | tf.Tensor[]): tf.Tensor =>
  Array.isArray(answer) ? answer[0] : answer;

const unclear = (what: string, placeholders: readonly string[]) =>
  new InvalidOptionError(
    `The graph ${what}.`,
    `Its inputs are ${quoted(placeholders)}: name the picture in input.name and give the others in constants.`,
  );
