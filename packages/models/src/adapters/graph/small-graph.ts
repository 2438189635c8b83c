import type * as tf from '@tensorflow/tfjs-core';
import type { GraphAttribute, GraphNode } from './graph-node';

/** For tests: a graph model from its nodes and constants. */
export function artifactsOf(
  nodes: readonly GraphNode[],
  constants: Readonly<Record<string, { shape: number[]; values: readonly number[] }>>,
): tf.io.ModelArtifacts {
  const entries = Object.entries(constants);
  const values = Float32Array.from(entries.flatMap(([, { values }]) => values));
  const node = [
    ...entries.map(([name]) => ({ name, op: 'Const', attr: { dtype: { type: 'DT_FLOAT' } } })),
    ...nodes,
  ];
  return {
    modelTopology: { node, versions: { producer: 1, minConsumer: 0 } },
    weightSpecs: entries.map(([name, { shape }]) => ({ name, shape, dtype: 'float32' })),
    weightData: values.buffer,
  };
}

export const placeholder = (name: string): GraphNode => ({
  name,
  op: 'Placeholder',
  attr: { dtype: { type: 'DT_FLOAT' }, shape: {} },
});

export function fusedConvolution(
  name: string,
  input: string[],
  fused: readonly string[],
  { dilation = 1 }: { dilation?: number } = {},
): GraphNode {
  const four = (n: number) => ({ list: { i: [1, n, n, 1].map(String) } }) as GraphAttribute;
  return {
    name,
    op: '_FusedConv2D',
    input,
    attr: {
      T: { type: 'DT_FLOAT' },
      strides: four(1),
      dilations: four(dilation),
      padding: { s: btoa('SAME') },
      data_format: { s: btoa('NHWC') },
      explicit_paddings: { list: {} },
      fused_ops: { list: { s: fused.map((op) => btoa(op)) } },
      num_args: { i: '1' },
      epsilon: { f: 0 },
    },
  };
}
