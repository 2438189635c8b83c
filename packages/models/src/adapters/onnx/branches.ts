import { foldConstants } from './fold-constants';
import type { OnnxGraph, OnnxNode, OnnxTensor } from './onnx-model';
import { known, type Operator, unsupported } from './operator';
import type { Value } from './value';

const BRANCHES = ['then_branch', 'else_branch'];

/** `If` whose condition no data decides: exporters write one for every `squeeze` of a side that is left open. */
export const branch: Operator = (node, tools) => {
  const [yes, no] = BRANCHES.map((name) => graphAt(node, name));
  const compiled = [yes, no].map((graph) =>
    graph.outputs.slice(0, node.outputs.length).map((output) => tools.compile(graph, output)),
  );
  return ([condition, ...captured]) => {
    const [chosen] = known(node, condition, 'a condition');
    const given = new Map<string, Value>();
    for (const [i, value] of captured.entries()) given.set(node.inputs[i + 1], value);
    return compiled[chosen ? 0 : 1].map((graph) => graph.run(given));
  };
};

function graphAt(node: OnnxNode, name: string): OnnxGraph {
  const graph = node.attributes.get(name);
  if (typeof graph === 'object' && 'nodes' in graph) return graph;
  return unsupported(node, `has no ${name}`);
}

/**
 * What the branches of each `If` take from around them, as inputs of the node: so it runs after those. Constants of
 * the outer graph become constants of the branches.
 */
export function withCaptured(
  nodes: readonly OnnxNode[],
  constants: ReadonlyMap<string, OnnxTensor>,
): readonly OnnxNode[] {
  return nodes.map((node) => {
    if (node.op !== 'If') return node;
    const attributes = new Map(node.attributes);
    const captured = new Set<string>();
    for (const name of BRANCHES) {
      const graph = attributes.get(name);
      if (typeof graph !== 'object' || !('nodes' in graph)) continue;
      const inner = new Map([...constants, ...graph.constants]);
      const rest = withCaptured(foldConstants(graph.nodes, inner), inner);
      const made = new Set(rest.flatMap(({ outputs }) => outputs));
      for (const each of [...rest.flatMap(({ inputs }) => inputs), ...graph.outputs]) {
        if (each !== '' && !made.has(each) && !inner.has(each)) captured.add(each);
      }
      attributes.set(name, { ...graph, nodes: rest, constants: inner });
    }
    for (const name of BRANCHES) {
      const graph = attributes.get(name);
      if (typeof graph !== 'object' || !('nodes' in graph)) continue;
      attributes.set(name, { ...graph, inputs: [...captured].map((each) => ({ name: each })) });
    }
    return { ...node, attributes, inputs: [...node.inputs.slice(0, 1), ...captured] };
  });
}
