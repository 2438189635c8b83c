import { countOf } from '../../count-of';
import type { OnnxNode, OnnxTensor } from './onnx-model';
import { number } from './operator';

/** Attribute of a convolution that an activation was made part of; no exporter writes one of that name. */
export const FUSED_ACTIVATION = 'fused activation';

/** Smaller weights only slow a CPU down. */
const NEGLIGIBLE = 1e-30;

/**
 * Makes part of a convolution what follows it and nothing else reads: a batch normalisation, which scales its filter
 * and moves its bias, then a ReLU or ReLU6, which its kernel does in the same pass.
 *
 * @param constants gains the scaled filters and moved biases
 * @param output of the graph, which must be there at the end
 */
export function fuseConvolutions(
  nodes: readonly OnnxNode[],
  constants: Map<string, OnnxTensor>,
  output: string,
): readonly OnnxNode[] {
  const readers = new Map<string, number>([[output, 1]]);
  for (const name of nodes.flatMap(({ inputs }) => inputs)) {
    readers.set(name, (readers.get(name) ?? 0) + 1);
  }
  /** Convolutions by what they make, as fused so far. */
  const convolutions = new Map<string, OnnxNode>();
  /** The place of each in the graph: it stays where it was. */
  const current = new Map<OnnxNode, OnnxNode | undefined>();
  const origins = new Map<string, OnnxNode>();
  for (const node of nodes) {
    const [made] = node.outputs;
    if (isConvolution(node) && made !== undefined) {
      convolutions.set(made, node);
      origins.set(made, node);
      continue;
    }
    const [read] = node.inputs;
    const before = read === undefined ? undefined : convolutions.get(read);
    if (before === undefined || read === undefined || readers.get(read) !== 1) continue;
    if (node.outputs.length !== 1 || made === undefined || isForeign(node)) continue;
    const fused =
      withNormalization(before, node, constants) ?? withActivation(before, node, constants);
    if (fused === undefined) continue;
    const origin = origins.get(read) as OnnxNode;
    current.set(origin, { ...fused, outputs: [made] });
    current.set(node, undefined);
    convolutions.delete(read);
    convolutions.set(made, { ...fused, outputs: [made] });
    origins.set(made, origin);
  }
  return nodes.flatMap((node) => (current.has(node) ? (current.get(node) ?? []) : [node]));
}

const isForeign = ({ domain }: OnnxNode) => domain !== '' && domain !== 'ai.onnx';

const isConvolution = (node: OnnxNode) =>
  (node.op === 'Conv' || node.op === 'ConvTranspose') && !isForeign(node);

/** y = γ (x ∗ f + b − μ) / √(σ² + ε) + β is the convolution with s f and s (b − μ) + β, s = γ / √(σ² + ε). */
function withNormalization(
  convolution: OnnxNode,
  node: OnnxNode,
  constants: Map<string, OnnxTensor>,
): OnnxNode | undefined {
  if (node.op !== 'BatchNormalization' || number(node, 'training_mode', 0) !== 0) return undefined;
  if (convolution.attributes.has(FUSED_ACTIVATION)) return undefined;
  const filter = constants.get(convolution.inputs[1] ?? '');
  const given = convolution.inputs[2] ? constants.get(convolution.inputs[2]) : null;
  const [scale, offset, mean, variance] = [1, 2, 3, 4].map((i) =>
    constants.get(node.inputs[i] ?? ''),
  );
  if (!filter || filter.integer || filter.shape.length !== 4 || given === undefined)
    return undefined;
  if (!scale || !offset || !mean || !variance) return undefined;
  const groups = number(convolution, 'group', 1);
  const transposed = convolution.op === 'ConvTranspose';
  const [first = 0, second = 0, ...kernel] = filter.shape;
  const channels = transposed ? second * groups : first;
  const weights = [scale, offset, mean, variance, ...(given ? [given] : [])];
  if (weights.some(({ data }) => data.length !== channels)) return undefined;
  const epsilon = number(node, 'epsilon', 1e-5);
  const factors = Float64Array.from(
    { length: channels },
    (_, c) => scale.data[c]! / Math.sqrt(variance.data[c]! + epsilon),
  );
  const bias = Float32Array.from(
    factors,
    (factor, c) => factor * ((given?.data[c] ?? 0) - mean.data[c]!) + offset.data[c]!,
  );
  const area = countOf(kernel);
  // Which channel a plane of the filter makes.
  const channelOf = transposed
    ? (plane: number) =>
        Math.floor(Math.floor(plane / second) / (first / groups)) * second + (plane % second)
    : (plane: number) => Math.floor(plane / second);
  const data = new Float32Array(filter.data.length);
  for (let i = 0; i < data.length; i++) {
    const scaled = filter.data[i]! * factors[channelOf(Math.floor(i / area))]!;
    data[i] = Math.abs(scaled) < NEGLIGIBLE ? 0 : scaled;
  }
  // What is not finite is for the operators to name.
  if (!data.every(Number.isFinite) || !bias.every(Number.isFinite)) return undefined;
  const names = ['filter', 'bias'].map((part) => unused(`${node.outputs[0]} ${part}`, constants));
  const [filterName, biasName] = names as [string, string];
  constants.set(filterName, { name: filterName, shape: filter.shape, integer: false, data });
  constants.set(biasName, { name: biasName, shape: [channels], integer: false, data: bias });
  return { ...convolution, inputs: [convolution.inputs[0]!, filterName, biasName] };
}

function unused(name: string, constants: ReadonlyMap<string, OnnxTensor>): string {
  return constants.has(name) ? unused(`${name}′`, constants) : name;
}

function withActivation(
  convolution: OnnxNode,
  node: OnnxNode,
  constants: ReadonlyMap<string, OnnxTensor>,
): OnnxNode | undefined {
  if (convolution.op !== 'Conv' || convolution.attributes.has(FUSED_ACTIVATION)) return undefined;
  const activation = activationOf(node, constants);
  if (activation === undefined) return undefined;
  const attributes = new Map([...convolution.attributes, [FUSED_ACTIVATION, activation] as const]);
  return { ...convolution, attributes };
}

function activationOf(
  node: OnnxNode,
  constants: ReadonlyMap<string, OnnxTensor>,
): 'relu' | 'relu6' | undefined {
  if (node.op === 'Relu') return 'relu';
  if (node.op !== 'Clip') return undefined;
  const bound = (place: number, name: string) =>
    node.inputs[place]
      ? constants.get(node.inputs[place])?.data[0]
      : number(node, name, Number.NaN);
  return bound(1, 'min') === 0 && bound(2, 'max') === 6 ? 'relu6' : undefined;
}
