import type { OnnxNode, OnnxTensor } from './onnx-model';
import { number } from './operator';
import { dequantized } from './quantized';
import { axisOf } from './value';

/** Operators that stand between a file and the weights that others read when they are prepared. */
const FOLDED: Readonly<
  Record<string, (node: OnnxNode, inputs: readonly OnnxTensor[]) => OnnxTensor | undefined>
> = {
  Constant: constantOf,
  Identity: (_, [x]) => x,
  Cast: (node, [x]) => {
    // float16 and float32 are both float32 here; what makes or needs integers is left to the operator.
    const float = [1, 10, 11].includes(number(node, 'to', 1));
    return float && !x.integer ? x : undefined;
  },
  DequantizeLinear: (node, [x, scale, zero]) => {
    if (number(node, 'block_size', 0) !== 0) return undefined;
    const axis = axisOf(number(node, 'axis', 1), Math.max(1, x.shape.length));
    return dequantized(x, scale.data, zero?.data ?? [0], axis);
  },
};

/** Adds to `constants` what nodes make of constants alone, and returns the other nodes. */
export function foldConstants(
  nodes: readonly OnnxNode[],
  constants: Map<string, OnnxTensor>,
): readonly OnnxNode[] {
  let rest = nodes;
  for (let before = Number.POSITIVE_INFINITY; rest.length < before; ) {
    before = rest.length;
    rest = rest.filter((node) => {
      const fold = Object.hasOwn(FOLDED, node.op) ? FOLDED[node.op] : undefined;
      const inputs = node.inputs.flatMap((name) => constants.get(name) ?? []);
      if (fold === undefined || inputs.length !== node.inputs.length) return true;
      const made = fold(node, inputs);
      if (made !== undefined) constants.set(node.outputs[0], { ...made, name: node.outputs[0] });
      return made === undefined;
    });
  }
  return rest;
}

function constantOf({ attributes, outputs }: OnnxNode): OnnxTensor | undefined {
  const value = attributes.get('value');
  if (typeof value === 'object' && 'data' in value) return value;
  for (const [key, integer] of [
    ['value_int', true],
    ['value_float', false],
    ['value_ints', true],
    ['value_floats', false],
  ] as const) {
    const held = attributes.get(key);
    if (typeof held === 'number') return { name: outputs[0], shape: [], data: [held], integer };
    if (Array.isArray(held)) {
      return { name: outputs[0], shape: [held.length], data: held as readonly number[], integer };
    }
  }
  return undefined;
}
