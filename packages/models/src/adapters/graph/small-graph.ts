import type * as tf from '@tensorflow/tfjs-core';
import type { GraphAttribute, GraphNode } from './graph-node';

/** For tests: a graph model from its nodes and constants. */
export function artifactsOf(
  nodes: readonly GraphNode[],
  constants: Readonly<
    Record<string, { shape: number[]; values: readonly number[]; dtype?: 'float32' | 'int32' }>
  >,
): tf.io.ModelArtifacts {
  const entries = Object.entries(constants);
  const bits = entries.map(([, { values, dtype }]) =>
    dtype === 'int32' ? Int32Array.from(values) : Float32Array.from(values),
  );
  const values = Int32Array.from(bits.flatMap((part) => [...new Int32Array(part.buffer)]));
  const node = [
    ...entries.map(([name, { dtype }]) => ({
      name,
      op: 'Const',
      attr: { dtype: { type: dtype === 'int32' ? 'DT_INT32' : 'DT_FLOAT' } },
    })),
    ...nodes,
  ];
  return {
    modelTopology: { node, versions: { producer: 1, minConsumer: 0 } },
    weightSpecs: entries.map(([name, { shape, dtype = 'float32' }]) => ({ name, shape, dtype })),
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
  {
    dilation = 1,
    op = 'Conv2D',
    padding = 'SAME',
  }: {
    dilation?: number;
    op?: 'Conv2D' | 'DepthwiseConv2dNative';
    padding?: 'SAME' | 'VALID';
  } = {},
): GraphNode {
  const four = (n: number) => ({ list: { i: [1, n, n, 1].map(String) } }) as GraphAttribute;
  return {
    name,
    op: op === 'Conv2D' ? '_FusedConv2D' : 'FusedDepthwiseConv2dNative',
    input,
    attr: {
      T: { type: 'DT_FLOAT' },
      strides: four(1),
      dilations: four(dilation),
      padding: { s: btoa(padding) },
      data_format: { s: btoa('NHWC') },
      explicit_paddings: { list: {} },
      fused_ops: { list: { s: fused.map((op) => btoa(op)) } },
      num_args: { i: '1' },
      epsilon: { f: 0 },
    },
  };
}
