import type { OnnxGraph, OnnxNode } from './onnx-model';
import { unsupported } from './unsupported';

/**
 * Inputs that operators must know before anything is computed, by place: sizes, places, counts, conditions. What a picture
 * shows cannot decide them; its size can.
 */
const KNOWN: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  Loop: { 0: 'a trip count', 1: 'a condition' },
  If: { 0: 'a condition' },
  Reshape: { 1: 'sizes' },
  Expand: { 1: 'sizes' },
  ConstantOfShape: { 0: 'sizes' },
  Tile: { 1: 'repeats' },
  Range: { 0: 'bounds', 1: 'bounds', 2: 'bounds' },
  Clip: { 1: 'bounds', 2: 'bounds' },
  Slice: { 1: 'starts', 2: 'ends', 3: 'axes', 4: 'steps' },
  Split: { 1: 'lengths' },
  SplitToSequence: { 1: 'sizes' },
  SequenceAt: { 1: 'a place' },
  SequenceInsert: { 2: 'a place' },
  Gather: { 1: 'indices' },
  GatherND: { 1: 'indices' },
  GatherElements: { 1: 'indices' },
  ScatterND: { 1: 'indices' },
  NonZero: { 0: 'values' },
  OneHot: { 1: 'a depth', 2: 'values' },
  TopK: { 1: 'a count of values' },
  Trilu: { 1: 'a diagonal' },
  CumSum: { 1: 'an axis' },
  Squeeze: { 1: 'axes' },
  Unsqueeze: { 1: 'axes' },
  Pad: { 1: 'pads', 2: 'values', 3: 'axes' },
};

/** Their answers follow from the sizes of what they are given. */
const OF_SIZES = new Set(['Shape', 'Size', 'SequenceLength']);

/** A condition that turns dependent only after more turns than this is refused when it runs. */
const MOST_PASSES = 4;

/**
 * Refuses a graph in which what the picture shows decides a number that must be known beforehand: a loop goes on until its
 * values are small, a slice begins where a map is largest.
 *
 * @param nodes each after those it depends on
 * @param pictures names of the inputs that are no constants; those of values that depend on them are added
 * @param refuses false for a branch, which may never run
 * @throws WeightFormatError
 */
export function assertKnownBeforehand(
  nodes: readonly OnnxNode[],
  pictures: Set<string>,
  refuses = true,
): void {
  for (const node of nodes) {
    for (const [place, what] of Object.entries(KNOWN[node.op] ?? {})) {
      const name = node.inputs[Number(place)];
      if (refuses && name && pictures.has(name))
        unsupported(node, `has ${what} that depend on the picture`);
    }
    for (const name of dependentOutputs(node, pictures, refuses)) pictures.add(name);
  }
}

/** The outputs of a node that hold more than sizes; what is not sure is left out, and refused at a run. */
function dependentOutputs(
  node: OnnxNode,
  pictures: ReadonlySet<string>,
  refuses: boolean,
): readonly string[] {
  if (OF_SIZES.has(node.op)) return [];
  if (node.op === 'If') {
    const branches = ['then_branch', 'else_branch'].map((name) =>
      within(node, name, (graph) => {
        const own = new Set(node.inputs.slice(1).filter((each) => pictures.has(each)));
        assertKnownBeforehand(graph.nodes, own, false);
        return graph.outputs.map((output) => own.has(output));
      }),
    );
    // Only one of them runs.
    return node.outputs.filter((_, i) => branches.every((branch) => branch[i] === true));
  }
  if (node.op === 'Loop') {
    const dependent = within(node, 'body', (graph) => turns(node, graph, pictures, refuses));
    return node.outputs.filter((_, i) => dependent[i] === true);
  }
  return node.inputs.some((name) => pictures.has(name)) ? node.outputs : [];
}

/** Of the outputs of a loop, which depend on the picture: a value it carries does from the turn on in which it is made so. */
function turns(
  node: OnnxNode,
  body: OnnxGraph,
  pictures: ReadonlySet<string>,
  refuses: boolean,
): boolean[] {
  const names = body.inputs.map(({ name }) => name);
  const carried = body.carried ?? Math.max(0, names.length - 2);
  const state = names.map((_, i) => i > 1 && pictures.has(node.inputs[i] ?? ''));
  let outputs: boolean[] = [];
  for (let pass = 0; pass < MOST_PASSES; pass++) {
    const own = new Set(names.filter((_, i) => state[i]));
    assertKnownBeforehand(body.nodes, own, refuses);
    outputs = body.outputs.map((output) => own.has(output));
    if (refuses && outputs[0]) unsupported(node, 'has a condition that depends on the picture');
    const before = state.join();
    for (let i = 0; i < carried; i++) state[i + 2] ||= outputs[i + 1] === true;
    if (state.join() === before) break;
  }
  return outputs.slice(1).map((made, i) => made || (i < carried && state[i + 2] === true));
}

function within(node: OnnxNode, name: string, read: (graph: OnnxGraph) => boolean[]): boolean[] {
  const graph = node.attributes.get(name);
  return typeof graph === 'object' && 'nodes' in graph ? read(graph) : [];
}
