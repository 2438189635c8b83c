import { WeightFormatError } from '@latent-matte/core';
import { decodeString, type GraphAttribute, type GraphNode } from './graph-node';

const PLAIN: Readonly<Record<string, string>> = {
  _FusedConv2D: 'Conv2D',
  FusedDepthwiseConv2dNative: 'DepthwiseConv2dNative',
  _FusedMatMul: 'MatMul',
};

const ACTIVATIONS = new Set(['Relu', 'Relu6', 'Elu', 'Sigmoid', 'Tanh', 'Prelu', 'LeakyRelu']);

/**
 * Fused operations as the operations they are made of. tfjs computes the gradient of frozen weights for a fused
 * convolution, at twice the cost, refuses it where the convolution is dilated, and knows nothing of the corrected
 * gradients.
 *
 * @throws WeightFormatError an operation that is fused in, and unknown
 */
export function unfuse(nodes: readonly GraphNode[]): GraphNode[] {
  return nodes.flatMap((node) => (node.op in PLAIN ? unfused(node) : [node]));
}

function unfused(node: GraphNode): GraphNode[] {
  const { fused_ops: fused, leakyrelu_alpha: slope, ...attr } = node.attr ?? {};
  const [x, weights, ...rest] = node.input ?? [];
  const operations = (fused?.list?.s ?? []).map(decodeString);
  const type: Record<string, GraphAttribute> = attr.T === undefined ? {} : { T: attr.T };
  const steps: GraphNode[] = [
    { name: '', op: PLAIN[node.op], input: [x, weights], attr: withoutFusion(attr) },
  ];
  for (const op of operations) {
    const own = op === 'BiasAdd' || op === 'Prelu' ? [rest.shift() ?? missing(node, op)] : [];
    if (op !== 'BiasAdd' && !ACTIVATIONS.has(op)) {
      throw new WeightFormatError(
        `The node "${node.name}" has "${op}" fused into "${node.op}".`,
        'Convert the model without optimising its graph.',
      );
    }
    const alpha: Record<string, GraphAttribute> =
      op === 'LeakyRelu' ? { alpha: slope ?? { f: 0.2 } } : {};
    steps.push({ name: '', op, input: own, attr: { ...type, ...alpha } });
  }
  // The last step keeps the name, so that nothing else changes.
  const names = steps.map((_, i) => (i === steps.length - 1 ? node.name : `${node.name}/part${i}`));
  return steps.map((step, i) => ({
    ...step,
    name: names[i],
    input: i === 0 ? step.input : [names[i - 1], ...(step.input ?? [])],
  }));
}

function withoutFusion({
  num_args: _,
  epsilon: __,
  ...attr
}: Record<string, GraphAttribute>): Record<string, GraphAttribute> {
  return attr;
}

function missing(node: GraphNode, op: string): never {
  throw new WeightFormatError(`The node "${node.name}" has no input for its "${op}".`);
}
