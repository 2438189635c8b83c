import type { OnnxNode } from './onnx-model';
import { number } from './operator';

/** Their answers jump, or are sizes: no gradient passes. */
const FLAT = new Set([
  'ArgMax',
  'ArgMin',
  'Equal',
  'Greater',
  'GreaterOrEqual',
  'Less',
  'LessOrEqual',
  'And',
  'Or',
  'Xor',
  'Not',
  'IsNaN',
  'Shape',
  'EyeLike',
  'OneHot',
  'NonZero',
  'Size',
]);
const INTEGERS = [2, 3, 6, 7, 9];

const isFlat = (node: OnnxNode) =>
  FLAT.has(node.op) || (node.op === 'Cast' && INTEGERS.includes(number(node, 'to', 1)));

/** Whether a gradient can come from an output to an input: some way between them has no operator that is flat. */
export function hasSmoothPath(nodes: readonly OnnxNode[], input: string, output: string): boolean {
  const smooth = new Set([input]);
  for (const node of nodes) {
    if (isFlat(node) || !node.inputs.some((name) => smooth.has(name))) continue;
    // The places of the largest jump.
    const outputs = node.op === 'TopK' ? node.outputs.slice(0, 1) : node.outputs;
    for (const name of outputs) smooth.add(name);
  }
  return smooth.has(output);
}
