import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { compileOnnx } from './compile';
import { fuseConvolutions } from './fuse-convolutions';
import type { OnnxAttribute, OnnxNode, OnnxTensor } from './onnx-model';
import { ofMap, planar } from './value';

const CHANNELS = 4;
const values = (count: number, shift = 0) =>
  Float32Array.from({ length: count }, (_, i) => Math.sin(i * 1.7 + shift) + shift / 3);

function weight(name: string, shape: readonly number[], data = values(size(shape))): OnnxTensor {
  return { name, shape, integer: false, data };
}
const size = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

function node(
  op: string,
  inputs: string[],
  output: string,
  attributes: Record<string, OnnxAttribute> = {},
): OnnxNode {
  const entries = new Map(Object.entries(attributes));
  return { name: output, op, domain: '', inputs, outputs: [output], attributes: entries };
}

const statistics = (): OnnxTensor[] => [
  weight('scale', [CHANNELS], values(CHANNELS, 1)),
  weight('offset', [CHANNELS], values(CHANNELS, 2)),
  weight('mean', [CHANNELS], values(CHANNELS, 3)),
  weight('variance', [CHANNELS], Float32Array.of(0.5, 1, 2, 3)),
];
const normalize = (input: string) =>
  node('BatchNormalization', [input, 'scale', 'offset', 'mean', 'variance'], 'normal');
const clip = (input: string) => node('Clip', [input], 'y', { min: 0, max: 6 });

function fused(nodes: readonly OnnxNode[], constants: readonly OnnxTensor[]) {
  return fuseConvolutions(nodes, new Map(constants.map((each) => [each.name, each])), 'y');
}

/** What the graph answers, and its gradient. */
function answer(nodes: readonly OnnxNode[], constants: readonly OnnxTensor[]) {
  const held = new Map(constants.map((each) => [each.name, each]));
  const inputs = [{ name: 'x' }];
  const graph = compileOnnx({ opset: 9, nodes, constants: held, inputs, outputs: ['y'] }, 'y');
  const x = tf.tensor4d(values(2 * 13 * 11 * CHANNELS), [2, 13, 11, CHANNELS]);
  const run = (map: tf.Tensor) => planar(graph.run(new Map([['x', ofMap(map)]])));
  const found = tf.tidy(() => [
    ...run(x).dataSync(),
    ...tf
      .grad((map) => tf.sum(tf.square(run(map))))(x)
      .dataSync(),
  ]);
  graph.dispose();
  x.dispose();
  return found;
}

const largest = (a: readonly number[], b: readonly number[]) =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);

const cases: Record<string, [node: OnnxNode, filter: OnnxTensor]> = {
  'a convolution': [
    node('Conv', ['x', 'filter'], 'made', { pads: [1, 1, 1, 1] }),
    weight('filter', [CHANNELS, CHANNELS, 3, 3]),
  ],
  'a grouped one with a bias and strides': [
    node('Conv', ['x', 'filter', 'bias'], 'made', { group: 2, strides: [2, 2] }),
    weight('filter', [CHANNELS, CHANNELS / 2, 3, 3]),
  ],
  'a depthwise one': [
    node('Conv', ['x', 'filter'], 'made', { group: CHANNELS, dilations: [2, 2] }),
    weight('filter', [CHANNELS, 1, 3, 3]),
  ],
  'a transposed one': [
    node('ConvTranspose', ['x', 'filter', 'bias'], 'made', { group: 2, strides: [2, 2] }),
    weight('filter', [CHANNELS, CHANNELS / 2, 2, 2]),
  ],
};

eachBackend(() => {
  it.each(Object.keys(cases))(
    'answers the same with normalisation and activation in %s',
    (name) => {
      const [convolution, filter] = cases[name]!;
      const constants = [...statistics(), filter, weight('bias', [CHANNELS], values(CHANNELS, 4))];
      const together = [convolution, normalize('made'), clip('normal')];
      // What stands between keeps them apart.
      const apart = [
        convolution,
        node('Identity', ['made'], 'same'),
        normalize('same'),
        node('Identity', ['normal'], 'also'),
        clip('also'),
      ];
      const transposed = convolution.op === 'ConvTranspose';
      expect(fused(together, constants)).toHaveLength(transposed ? 2 : 1);
      expect(fused(apart, constants)).toHaveLength(5);
      expect(largest(answer(together, constants), answer(apart, constants))).toBeLessThan(1e-3);
    },
  );

  it('runs a filter that holds the zeros of its dilation as the small one', () => {
    const small = weight('filter', [CHANNELS, 1, 3, 3]);
    const stuffed = new Float32Array(CHANNELS * 81);
    for (const [i, value] of (small.data as Float32Array).entries()) {
      const [plane, row, column] = [Math.floor(i / 9), Math.floor(i / 3) % 3, i % 3];
      stuffed[plane * 81 + row * 4 * 9 + column * 4] = value;
    }
    const wide = weight('filter', [CHANNELS, 1, 9, 9], stuffed);
    const attributes = { group: CHANNELS, pads: [4, 4, 4, 4] };
    const dilated = node('Conv', ['x', 'filter'], 'y', { ...attributes, dilations: [4, 4] });
    const plain = node('Conv', ['x', 'filter'], 'y', attributes);
    expect(largest(answer([plain], [wide]), answer([dilated], [small]))).toBeLessThan(1e-4);
  });
});

it('leaves alone what another node reads, what the graph returns, and weights that are not finite', () => {
  const [convolution, filter] = cases['a convolution']!;
  const constants = [...statistics(), filter];
  const both = node('Add', ['made', 'normal'], 'y');
  expect(fused([convolution, normalize('made'), both], constants)).toHaveLength(3);
  const returned = [{ ...convolution, outputs: ['y'] }, normalize('y')];
  expect(fused(returned, constants)).toHaveLength(2);
  const broken = weight('scale', [CHANNELS], Float32Array.of(1, Number.NaN, 1, 1));
  const all = [...statistics().slice(1), broken, filter];
  expect(fused([convolution, normalize('made'), clip('normal')], all)).toHaveLength(3);
});
