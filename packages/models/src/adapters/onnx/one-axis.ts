import * as tf from '@tensorflow/tfjs-core';
import type { OnnxNode } from './onnx-model';
import type { Operator, Tools } from './operator';
import { ofTensor, planar } from './value';

/** Of each: what it is along an axis of one place, along which nothing happens. */
const NEUTRAL: Readonly<Record<string, number>> = {
  kernel_shape: 1,
  strides: 1,
  dilations: 1,
  output_padding: 0,
};

/**
 * Convolutions and pools of maps with one axis `[N, C, L]`, as attention over channels has them, are those of maps
 * `[N, C, 1, L]`.
 */
export const alsoOfOneAxis =
  (operator: Operator): Operator =>
  (node, tools) => {
    if (!isOfOneAxis(node, tools)) return operator(node, tools);
    const run = operator(withSecondAxis(node), tools);
    return ([x, ...rest]) => {
      const made = run([ofTensor(tf.expandDims(planar(x), 2)), ...rest]);
      const [y] = Array.isArray(made) ? made : [made];
      return ofTensor(tf.squeeze(planar(y), [2]));
    };
  };

function isOfOneAxis(node: OnnxNode, { constant }: Tools): boolean {
  const window = node.attributes.get('kernel_shape');
  if (Array.isArray(window)) return window.length === 1;
  return constant(node.inputs[1] ?? '')?.shape.length === 3;
}

function withSecondAxis(node: OnnxNode): OnnxNode {
  const attributes = new Map(node.attributes);
  for (const [name, neutral] of Object.entries(NEUTRAL)) {
    const value = attributes.get(name);
    if (Array.isArray(value) && value.length === 1) attributes.set(name, [neutral, ...value]);
  }
  const pads = attributes.get('pads');
  if (Array.isArray(pads) && pads.length === 2) attributes.set('pads', [0, pads[0], 0, pads[1]]);
  return { ...node, attributes };
}
