import type { OnnxNode } from '../onnx/onnx-model';
import { number } from '../onnx/operator';

/** Operators that take a fused activation. */
const FUSING = ['CONV_2D', 'DEPTHWISE_CONV_2D', 'ADD', 'SUB', 'MUL', 'DIV', 'FULLY_CONNECTED'];

/** `ActivationFunctionType` of the operators that are nothing else. */
const ACTIVATIONS: Readonly<Record<string, number | undefined>> = {
  RELU: 1,
  RELU_N1_TO_1: 2,
  RELU6: 3,
  TANH: 4,
};

/** Activations that stand alone become part of the node before, where nothing else needs what it made. */
export function fuseActivations(nodes: readonly OnnxNode[], output: string): readonly OnnxNode[] {
  const makers = new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node])));
  const uses = new Map<string, number>([[output, 1]]);
  for (const name of nodes.flatMap(({ inputs }) => inputs)) {
    uses.set(name, (uses.get(name) ?? 0) + 1);
  }
  const fused = new Map<OnnxNode, OnnxNode>();
  const gone = new Set<OnnxNode>();
  for (const node of nodes) {
    const activation = Object.hasOwn(ACTIVATIONS, node.op) ? ACTIVATIONS[node.op] : undefined;
    const before = makers.get(node.inputs[0] ?? '');
    if (activation === undefined || before === undefined || before === node) continue;
    const plain = FUSING.includes(before.op) && number(before, 'activation', 0) === 0;
    if (!plain || uses.get(node.inputs[0]) !== 1 || fused.has(before)) continue;
    const attributes = new Map([...before.attributes, ['activation', activation]]);
    fused.set(before, { ...before, attributes, outputs: node.outputs });
    gone.add(node);
  }
  return nodes.filter((node) => !gone.has(node)).map((node) => fused.get(node) ?? node);
}
