/** Arrows from a node to the nodes that it imports. */
export type Graph = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * The circles of a graph: its strongly connected components of more than one node, each in alphabetical order.
 * Tarjan's algorithm: a node whose lowest reachable number on the stack is its own closes a component.
 */
export function circlesOf(graph: Graph): string[][] {
  const circles: string[][] = [];
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const open = new Set<string>();
  const visit = (node: string): void => {
    order.set(node, order.size);
    lowest.set(node, order.get(node)!);
    stack.push(node);
    open.add(node);
    for (const next of graph.get(node) ?? []) {
      if (!order.has(next)) visit(next);
      if (open.has(next)) lowest.set(node, Math.min(lowest.get(node)!, lowest.get(next)!));
    }
    if (lowest.get(node) !== order.get(node)) return;
    const circle = stack.splice(stack.indexOf(node));
    for (const member of circle) open.delete(member);
    if (circle.length > 1) circles.push(circle.sort());
  };
  for (const node of graph.keys()) if (!order.has(node)) visit(node);
  return circles.sort((a, b) => (a[0]! < b[0]! ? -1 : 1));
}

/** The graph without the arrows that a longer way implies (of a graph without circles: its transitive reduction). */
export function withoutImplied(graph: Graph): Graph {
  const reaches = (from: string, to: string, seen = new Set<string>()): boolean => {
    if (from === to) return true;
    if (seen.has(from)) return false;
    seen.add(from);
    return [...(graph.get(from) ?? [])].some((next) => reaches(next, to, seen));
  };
  return new Map(
    [...graph].map(([node, targets]) => {
      const needed = [...targets].filter(
        (target) => ![...targets].some((other) => other !== target && reaches(other, target)),
      );
      return [node, new Set(needed)];
    }),
  );
}
