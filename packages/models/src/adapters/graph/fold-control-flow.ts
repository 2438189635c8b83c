import { WeightFormatError } from '@latent-matte/core';
import { type GraphNode, isOrderOnly, reference } from './graph-node';

/** Control flow that no constant decides. */
const LOOPS =
  /^(Enter|Exit|NextIteration|LoopCond|While|StatelessWhile|If|StatelessIf|Case|StatelessCase|TensorArray\w*|TensorList\w*)$/;

/** What is left of a graph, and under which name its answer is. */
export interface FoldedGraph {
  readonly nodes: readonly GraphNode[];
  readonly output: string;
}

/**
 * The part of a graph that an output needs, with every `Switch` and `Merge` replaced by the branch that is taken.
 * tfjs runs graphs with control flow only asynchronously, and takes no gradient through them.
 *
 * @param decide the value of a predicate, given the nodes that compute it, which are free of control flow
 * @throws WeightFormatError a cycle, a loop, or a node that is not there
 */
export async function foldControlFlow(
  nodes: readonly GraphNode[],
  output: string,
  decide: (predicate: FoldedGraph, name: string) => Promise<boolean>,
): Promise<FoldedGraph> {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const taken = new Map<string, boolean>();
  const living = new Map<string, boolean | 'asked'>();

  const nodeOf = (input: string): GraphNode => {
    const node = byName.get(reference(input).node);
    if (node !== undefined) return node;
    throw new WeightFormatError(`The graph has no node "${reference(input).node}".`);
  };

  const predicate = async (node: GraphNode): Promise<boolean> => {
    const known = taken.get(node.name);
    if (known !== undefined) return known;
    const value = await decide(await extract(node.input?.[1] ?? ''), node.name);
    taken.set(node.name, value);
    return value;
  };

  /** Whether the value is computed at all, the branches being what they are. */
  const isLive = async (input: string): Promise<boolean> => {
    const { node: name, output: place } = reference(input);
    const node = nodeOf(input);
    // An order after a Switch waits for the node, whichever branch it takes.
    const branch = node.op === 'Switch' && !isOrderOnly(input);
    const key = branch ? `${name}:${place}` : name;
    const known = living.get(key);
    if (known === 'asked') throw new WeightFormatError(`The graph has a cycle through "${name}".`);
    if (known !== undefined) return known;
    living.set(key, 'asked');
    let live = node.op !== 'Merge';
    if (branch) {
      live = (await predicate(node)) === (place === 1) && (await isLive(node.input?.[0] ?? ''));
    } else {
      for (const each of node.input ?? []) {
        if ((await isLive(each)) === live) continue;
        live = !live;
        break;
      }
    }
    living.set(key, live);
    return live;
  };

  /** The value itself, past the nodes that only choose. */
  const resolve = async (input: string): Promise<string> => {
    let current = input;
    for (let steps = 0; steps <= nodes.length; steps++) {
      const node = nodeOf(current);
      if (node.op === 'Switch') {
        current = node.input?.[0] ?? '';
      } else if (node.op === 'Merge') {
        let chosen: string | undefined;
        for (const each of node.input ?? []) {
          if (!isOrderOnly(each) && (await isLive(each))) chosen ??= each;
        }
        if (chosen === undefined || reference(current).output !== 0) {
          throw new WeightFormatError(`The branches that meet in "${node.name}" cannot be told.`);
        }
        current = chosen;
      } else {
        return current;
      }
    }
    throw new WeightFormatError(`The graph has a cycle through "${input}".`);
  };

  const extract = async (target: string): Promise<FoldedGraph> => {
    const result = await resolve(target);
    const kept = new Map<string, GraphNode>();
    const todo = [nodeOf(result)];
    for (let node = todo.pop(); node !== undefined; node = todo.pop()) {
      if (kept.has(node.name)) continue;
      if (LOOPS.test(node.op)) {
        throw new WeightFormatError(
          `The graph has "${node.op}" in its node "${node.name}": control flow that no constant decides.`,
          'Export the model without loops and conditions, with a fixed size if need be.',
        );
      }
      const input: string[] = [];
      for (const each of node.input ?? []) {
        if (isOrderOnly(each)) continue;
        const source = await resolve(each);
        input.push(source);
        todo.push(nodeOf(source));
      }
      kept.set(node.name, { ...node, input });
    }
    return { nodes: inOrder(kept), output: result };
  };

  return extract(output);
}

/** Sorted so that every node comes after its inputs. */
function inOrder(nodes: ReadonlyMap<string, GraphNode>): GraphNode[] {
  const waits = new Map<string, number>();
  const readers = new Map<string, string[]>();
  for (const node of nodes.values()) {
    const sources = new Set((node.input ?? []).map((input) => reference(input).node));
    waits.set(node.name, sources.size);
    for (const source of sources) {
      const list = readers.get(source);
      if (list === undefined) readers.set(source, [node.name]);
      else list.push(node.name);
    }
  }
  const sorted: GraphNode[] = [];
  const ready = [...nodes.keys()].filter((name) => waits.get(name) === 0);
  for (let name = ready.pop(); name !== undefined; name = ready.pop()) {
    sorted.push(nodes.get(name) as GraphNode);
    for (const reader of readers.get(name) ?? []) {
      const left = (waits.get(reader) as number) - 1;
      waits.set(reader, left);
      if (left === 0) ready.push(reader);
    }
  }
  if (sorted.length === nodes.size) return sorted;
  const stuck = [...waits].find(([, count]) => count > 0)?.[0];
  throw new WeightFormatError(`The graph has a cycle through "${stuck}".`);
}
