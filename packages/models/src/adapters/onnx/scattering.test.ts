import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { compileOnnx } from './compile';
import type { OnnxAttribute, OnnxNode, OnnxTensor } from './onnx-model';
import { ofTensor, planar } from './value';

const node = (
  op: string,
  inputs: readonly string[],
  output: string,
  attributes: Readonly<Record<string, OnnxAttribute>> = {},
): OnnxNode => ({
  ...{ name: output, op, domain: '', inputs, outputs: [output] },
  attributes: new Map(Object.entries(attributes)),
});
const ints = (name: string, shape: readonly number[], ...data: number[]): OnnxTensor => ({
  ...{ name, shape, data, integer: true },
});
const floats = (name: string, shape: readonly number[], ...data: number[]): OnnxTensor => ({
  ...{ name, shape, data: Float32Array.from(data), integer: false },
});

function compiled(nodes: readonly OnnxNode[], constants: readonly OnnxTensor[]) {
  const held = new Map(constants.map((each) => [each.name, each]));
  const inputs = [{ name: 'x' }];
  const graph = compileOnnx({ opset: 18, nodes, constants: held, inputs, outputs: ['y'] }, 'y');
  const run = (x: tf.Tensor) => planar(graph.run(new Map([['x', ofTensor(x)]])));
  return { graph, run };
}

const X = [0.3, -0.7, 0.55, 0.9, -0.2, 0.45];

// The answers are those of onnxruntime.
eachBackend(() => {
  function answered(nodes: readonly OnnxNode[], constants: readonly OnnxTensor[]) {
    const { graph, run } = compiled(nodes, constants);
    const found = tf.tidy(() => {
      const y = run(tf.tensor2d(X, [2, 3]));
      return { shape: y.shape, data: [...y.dataSync()] };
    });
    graph.dispose();
    return found;
  }

  it('makes one of several of the place of the largest', () => {
    const nodes = [
      node('ArgMax', ['x'], 'a', { axis: 1, keepdims: 0 }),
      node('OneHot', ['a', 'depth', 'values'], 'y', { axis: 0 }),
    ];
    const { shape, data } = answered(nodes, [ints('depth', [], 4), floats('values', [2], -1, 2)]);
    expect(shape).toEqual([4, 2]);
    expect(data).toEqual([-1, 2, -1, -1, 2, -1, -1, -1]);
  });

  it('counts places from the end, and leaves out those beyond', () => {
    const nodes = [
      node('OneHot', ['places', 'depth', 'values'], 'made'),
      node('ReduceSum', ['x'], 'sum', { keepdims: 0 }),
      node('Mul', ['sum', 'zero'], 'nothing'),
      node('Add', ['made', 'nothing'], 'y'),
    ];
    const held = [
      ints('places', [4], -1, 0, 3, -4),
      ...[ints('depth', [1], 3), floats('values', [2], -1, 2), floats('zero', [], 0)],
    ];
    expect(answered(nodes, held).data).toEqual([-1, -1, 2, 2, -1, -1, ...Array(6).fill(-1)]);
  });

  it('tells where known numbers are not 0, as the places of a gather', () => {
    const nodes = [
      node('NonZero', ['table'], 'found'),
      node('Transpose', ['found'], 'places'),
      node('GatherND', ['x', 'places'], 'y'),
    ];
    // [[0, 1, 1], [1, 0, 2]]
    const { data } = answered(nodes, [floats('table', [2, 3], 0, 1, 0, 2, 0, -3)]);
    expect(data).toEqual([X[1], X[3], X[5]].map(Math.fround));
  });

  it('hands the gradient of what is put somewhere back to it, and none to what is covered', () => {
    const nodes = [
      node('Neg', ['x'], 'base'),
      node('Slice', ['x', 'from', 'to'], 'row'),
      node('ScatterND', ['base', 'at', 'row'], 'y'),
    ];
    // The last row over the first: [[x10, x11, x12], [−x10, −x11, −x12]].
    const held = [ints('from', [1], 1), ints('to', [1], 2), ints('at', [1, 1], 0)];
    const { graph, run } = compiled(nodes, held);
    tf.tidy(() => {
      const x = tf.tensor2d(X, [2, 3]);
      const weights = tf.tensor2d([1, 2, 3, 10, 20, 30], [2, 3]);
      const [y, slope] = [run(x), tf.grad((z) => tf.sum(tf.mul(run(z), weights)))(x)];
      expect([...y.dataSync()]).toEqual([0.9, -0.2, 0.45, -0.9, 0.2, -0.45].map(Math.fround));
      expect([...slope.dataSync()]).toEqual([0, 0, 0, -9, -18, -27]);
    });
    graph.dispose();
  });

  it.each<[string, OnnxNode, readonly OnnxTensor[], RegExp]>([
    [
      'beyond a side',
      node('GatherElements', ['x', 'i'], 'y'),
      [ints('i', [1, 1], 2)],
      /takes 2 of 2/,
    ],
    [
      'of another rank',
      node('GatherElements', ['x', 'i'], 'y'),
      [ints('i', [1], 0)],
      /takes \[1\]/,
    ],
    [
      'twice at one place',
      node('ScatterND', ['x', 'i', 'u'], 'y'),
      [ints('i', [2, 1], 0, -2), floats('u', [2, 3], 1, 2, 3, 4, 5, 6)],
      /two values at one place/,
    ],
    [
      'beyond the value',
      node('ScatterND', ['x', 'i', 'u'], 'y'),
      [ints('i', [1, 2], 0, 3), floats('u', [1], 1)],
      /at \[0,3\] of \[2,3\]/,
    ],
  ])('refuses places %s', (_, made, held, message) => {
    expect(() => answered([made], held)).toThrow(message);
  });
});

it('refuses when it is loaded what the picture would decide, and what is not supported', () => {
  const [found, largest] = [node('NonZero', ['x'], 'y'), { reduction: 'max' }];
  expect(() => compiled([found], [])).toThrow(/"y" \(NonZero\) has values that depend/);
  const held = [ints('i', [1, 1], 0), floats('u', [1, 3], 1, 2, 3)];
  const put = node('ScatterND', ['x', 'i', 'u'], 'y', largest);
  expect(() => compiled([put], held)).toThrow(/has the reduction "max"/);
});
