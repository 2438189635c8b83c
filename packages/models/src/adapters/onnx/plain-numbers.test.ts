import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { compileOnnx } from './compile';
import type { OnnxAttribute, OnnxTensor } from './onnx-model';
import { ofTensor, planar } from './value';

type Attributes = Record<string, OnnxAttribute>;

/** One node with the inputs "x" and then constants. */
function compiled(op: string, attributes: Attributes, constants: readonly OnnxTensor[]) {
  const node = {
    ...{ name: 'n', op, domain: '', outputs: ['y'] },
    inputs: ['x', ...constants.map(({ name }) => name)],
    attributes: new Map(Object.entries(attributes)),
  };
  const held = new Map(constants.map((each) => [each.name, each]));
  const inputs = [{ name: 'x' }];
  return compileOnnx({ opset: 19, nodes: [node], constants: held, inputs, outputs: ['y'] }, 'y');
}

const floats = (name: string, shape: number[], ...data: number[]): OnnxTensor => ({
  ...{ name, shape, data: Float32Array.from(data), integer: false },
});
const ints = (name: string, shape: number[], ...data: number[]): OnnxTensor => ({
  ...{ name, shape, data, integer: true },
});
const whole = (name: string, ...data: number[]): OnnxTensor => ({
  ...{ name, shape: [data.length], data, integer: true },
});

type Case = readonly [
  op: string,
  attributes: Attributes,
  constants: readonly OnnxTensor[],
  shape: readonly number[],
  answer: readonly number[],
];

const X = [0.3, -0.7, 0.55, 0.9, -0.2, 0.45];
const each = (f: (x: number) => number) => X.map(f);

const cases: readonly Case[] = [
  ['Tan', {}, [], [6], each(Math.tan)],
  ['Asin', {}, [], [6], each(Math.asin)],
  ['Acos', {}, [], [6], each(Math.acos)],
  ['Sinh', {}, [], [6], each(Math.sinh)],
  ['Cosh', {}, [], [6], each(Math.cosh)],
  ['Asinh', {}, [], [6], each(Math.asinh)],
  ['Atanh', {}, [], [6], each(Math.atanh)],
  ['Shrink', { lambd: 0.4, bias: 0.1 }, [], [6], [0, -0.6, 0.45, 0.8, 0, 0.35]],
  ['Mod', { fmod: 1 }, [floats('d', [], 0.4)], [6], each((x) => x % 0.4)],
  ['Mod', {}, [floats('d', [], 0.4)], [6], each((x) => x - 0.4 * Math.floor(x / 0.4))],
  ['CastLike', {}, [floats('d', [], 1)], [6], X],
  ['ReduceProd', { axes: [1], keepdims: 0 }, [], [2, 3], [-0.1155, -0.081]],
  ['ReduceProd', { axes: [0] }, [], [6, 1], [0.3 * -0.7 * 0.55 * 0.9 * -0.2 * 0.45]],
  ['Trilu', { upper: 0 }, [], [2, 3], [0.3, 0, 0, 0.9, -0.2, 0]],
  ['Trilu', {}, [whole('k', 1)], [2, 3], [0, -0.7, 0.55, 0, 0, 0.45]],
  [
    'LpNormalization',
    { p: 1 },
    [],
    [2, 3],
    [0.3, -0.7, 0.55].map((x) => x / 1.55).concat([0.9, -0.2, 0.45].map((x) => x / 1.55)),
  ],
  [
    'RMSNormalization',
    { epsilon: 0 },
    [floats('g', [3], 1, 2, -1)],
    [2, 3],
    X.map((x, i) => {
      const row = i < 3 ? [0.3, -0.7, 0.55] : [0.9, -0.2, 0.45];
      const square = row.reduce((sum, value) => sum + value * value, 0) / 3;
      return (x * [1, 2, -1][i % 3]!) / Math.sqrt(square);
    }),
  ],
  [
    'Pad',
    { mode: 'wrap' },
    [whole('p', 0, 1, 1, 2)],
    [2, 3],
    [0.55, 0.3, -0.7, 0.55, 0.3, -0.7, 0.45, 0.9, -0.2, 0.45, 0.9, -0.2].concat([
      0.55, 0.3, -0.7, 0.55, 0.3, -0.7,
    ]),
  ],
  // Rows twice and columns three times as far apart.
  [
    'ConvTranspose',
    { strides: [2, 3] },
    [floats('w', [1, 1, 1, 2], 1, -2)],
    [1, 1, 2, 3],
    [
      0.3,
      -0.6,
      0,
      -0.7,
      1.4,
      0,
      0.55,
      -1.1,
      ...Array(8).fill(0),
      0.9,
      -1.8,
      0,
      -0.2,
      0.4,
      0,
    ].concat([0.45, -0.9]),
  ],
  // One column too many: of the left, unless the rule is SAME_UPPER.
  [
    'ConvTranspose',
    { auto_pad: 'SAME_UPPER' },
    [floats('w', [1, 1, 1, 2], 1, -2)],
    [1, 1, 1, 6],
    X.map((x, i) => x - 2 * (X[i - 1] ?? 0)),
  ],
  [
    'ConvTranspose',
    { output_shape: [1, 6] },
    [floats('w', [1, 1, 1, 2], 1, -2)],
    [1, 1, 1, 6],
    X.map((x, i) => (X[i + 1] ?? 0) - 2 * x),
  ],
  // Rows and columns beyond the kernel's reach hold the bias; onnxruntime's answers, as below.
  [
    'ConvTranspose',
    { strides: [2, 2], output_padding: [1, 1] },
    [floats('w', [1, 1, 2, 2], 1, -2, 0.5, 3), floats('b', [1], 0.25)],
    [1, 1, 2, 3],
    [
      0.55, -0.35, -0.45, 1.65, 0.8, -0.85, 0.25, 0.4, 1.15, -0.1, -1.85, 0.525, 1.9, 0.25, 1.15,
      -1.55, 0.05, 0.65, 0.7, -0.65, 0.25, 0.7, 2.95, 0.15, -0.35, 0.475, 1.6, 0.25, 0.25, 0.25,
      0.25, 0.25, 0.25, 0.25, 0.25,
    ],
  ],
  [
    'ConvTranspose',
    { strides: [2, 2], output_padding: [1, 0], pads: [0, 1, 0, 1] },
    [floats('w', [1, 1, 2, 2], 1, -2, 0.5, 3)],
    [1, 1, 2, 3],
    [
      -0.6, -0.7, 1.4, 0.55, 0.9, -0.35, -2.1, 0.275, -1.8, -0.2, 0.4, 0.45, 2.7, -0.1, -0.6, 0.225,
      0, 0, 0, 0,
    ],
  ],
  // A kernel that is smaller than its stride.
  [
    'ConvTranspose',
    { strides: [3, 3], auto_pad: 'SAME_LOWER' },
    [floats('w', [1, 1, 2, 2], 1, -2, 0.5, 3), floats('b', [1], 0.25)],
    [1, 1, 2, 3],
    [
      0.55, -0.35, 0.25, -0.45, 1.65, 0.25, 0.8, -0.85, 0.4, 1.15, 0.25, -0.1, -1.85, 0.25, 0.525,
      1.9, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 1.15, -1.55, 0.25, 0.05, 0.65, 0.25, 0.7,
      -0.65, 0.7, 2.95, 0.25, 0.15, -0.35, 0.25, 0.475, 1.6,
    ],
  ],
  // onnxruntime's answers.
  [
    'GatherElements',
    { axis: 1 },
    [ints('i', [2, 2], 2, 0, -1, -1)],
    [2, 3],
    [0.55, 0.3, 0.45, 0.45],
  ],
  [
    'GatherElements',
    {},
    [ints('i', [3, 3], 1, 0, 1, 0, 0, 1, 1, 1, 1)],
    [2, 3],
    [0.9, -0.7, 0.45, 0.3, -0.7, 0.45, 0.9, -0.2, 0.45],
  ],
  [
    'GatherElements',
    { axis: -1 },
    [ints('i', [1, 1, 2, 2], 1, 1, 1, 0)],
    [1, 1, 2, 3],
    [-0.7, -0.7, -0.2, 0.9],
  ],
  [
    'ScatterND',
    {},
    [ints('i', [2, 2], 1, 0, 0, -1), floats('u', [2], 5, -6)],
    [2, 3],
    [0.3, -0.7, -6, 5, -0.2, 0.45],
  ],
  [
    'ScatterND',
    {},
    [ints('i', [2, 1], 2, 0), floats('u', [2, 2], 1, 2, 3, 4)],
    [3, 2],
    [3, 4, 0.55, 0.9, 1, 2],
  ],
  [
    'ScatterND',
    { reduction: 'add' },
    [ints('i', [3, 1], 2, 0, 2), floats('u', [3, 2], 1, 2, 3, 4, 5, 6)],
    [3, 2],
    [3.3, 3.3, 0.55, 0.9, 5.8, 8.45],
  ],
];

eachBackend(() => {
  it.each(cases)('%s %j', (op, attributes, constants, shape, wanted) => {
    const graph = compiled(op, attributes, constants);
    const answer = (x: tf.Tensor) => planar(graph.run(new Map([['x', ofTensor(x)]])));
    tf.tidy(() => {
      const x = tf.tensor(X, [...shape]);
      const found = [...answer(x).dataSync()];
      expect(found.length).toBe(wanted.length);
      for (const [i, value] of wanted.entries()) expect(found[i]).toBeCloseTo(value, 5);
      const weights = tf.tensor(wanted.map((_, i) => Math.sin(i + 1)));
      const total = (y: tf.Tensor) => tf.sum(tf.mul(tf.reshape(answer(y), [-1]), weights));
      const gradient = tf.grad(total)(x).dataSync();
      for (let i = 0; i < X.length; i++) {
        const moved = (by: number) =>
          total(
            tf.tensor(
              X.map((value, k) => (k === i ? value + by : value)),
              [...shape],
            ),
          ).dataSync()[0]!;
        expect(gradient[i]).toBeCloseTo((moved(1e-2) - moved(-1e-2)) / 2e-2, 1);
      }
    });
    graph.dispose();
  });
});
