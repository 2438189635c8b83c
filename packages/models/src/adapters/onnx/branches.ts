import { foldConstants } from './fold-constants';
import type { OnnxGraph, OnnxNode, OnnxTensor } from './onnx-model';
import { known, type Operator } from './operator';
import { unsupported } from './unsupported';
import type { Value } from './value';

/** The graphs within nodes. */
const GRAPHS: Readonly<Record<string, readonly string[]>> = {
  If: ['then_branch', 'else_branch'],
  Loop: ['body'],
};

/** `If` whose condition no data decides: exporters write one for every `squeeze` of a side that is left open. */
export const branch: Operator = (node, tools) => {
  const compiled = GRAPHS.If.map((name) => {
    const graph = graphAt(node, name);
    return tools.compile(graph, graph.outputs.slice(0, node.outputs.length));
  });
  return ([condition, ...captured]) => {
    const [chosen] = known(node, condition, 'a condition');
    const given = new Map<string, Value>();
    for (const [i, value] of captured.entries()) given.set(node.inputs[i + 1], value);
    return compiled[chosen ? 0 : 1].runAll(given);
  };
};

export function graphAt(node: OnnxNode, name: string): OnnxGraph {
  const graph = node.attributes.get(name);
  if (typeof graph === 'object' && 'nodes' in graph) return graph;
  return unsupported(node, `has no ${name}`);
}

/**
 * What the graphs within each node take from around them, as inputs of the node: so it runs after those. Constants of
 * the outer graph become constants of the inner ones.
 */
export function withCaptured(
  nodes: readonly OnnxNode[],
  constants: ReadonlyMap<string, OnnxTensor>,
): readonly OnnxNode[] {
  return nodes.map((node) => {
    const within = Object.hasOwn(GRAPHS, node.op) ? GRAPHS[node.op] : [];
    if (within.length === 0) return node;
    const attributes = new Map(node.attributes);
    const captured = new Set<string>();
    const graphs = within.flatMap((name) => {
      const graph = attributes.get(name);
      return typeof graph === 'object' && 'nodes' in graph ? [[name, graph] as const] : [];
    });
    const prepared = graphs.map(([name, graph]) => {
      const inner = new Map([...constants, ...graph.constants]);
      const own = new Set(graph.inputs.map((input) => input.name));
      // A name of the graph's own hides that of a constant around it.
      for (const each of own) if (!graph.constants.has(each)) inner.delete(each);
      const rest = withCaptured(foldConstants(graph.nodes, inner), inner);
      const made = new Set(rest.flatMap(({ outputs }) => outputs));
      for (const each of [...rest.flatMap(({ inputs }) => inputs), ...graph.outputs]) {
        if (each !== '' && !made.has(each) && !inner.has(each) && !own.has(each))
          captured.add(each);
      }
      return [name, { ...graph, nodes: rest, constants: inner }] as const;
    });
    const around = [...captured].map((each) => ({ name: each }));
    let before = node.inputs.slice(0, 1);
    for (const [name, graph] of prepared) {
      // Values that a loop carries follow its trip count and its condition.
      const own = node.op === 'Loop' ? graph.inputs : [];
      if (node.op === 'Loop') {
        before = Array.from({ length: Math.max(2, own.length) }, (_, i) => node.inputs[i] ?? '');
      }
      const carried = Math.max(0, own.length - 2);
      attributes.set(name, { ...graph, inputs: [...own, ...around], carried });
    }
    return { ...node, attributes, inputs: [...before, ...captured] };
  });
}
