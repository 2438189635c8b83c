import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { compileOnnx } from './compile';
import type { OnnxAttribute, OnnxNode, OnnxTensor } from './onnx-model';
import { ofTensor, planar } from './value';

/** sin(1.7 i + shift) of a shape, row by row. */
const waves = (shape: readonly number[], shift = 0) =>
  Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) =>
    Math.sin(i * 1.7 + shift),
  );

function constant(name: string, shape: readonly number[], data: OnnxTensor['data']): OnnxTensor {
  return { name, shape, data, integer: !(data instanceof Float32Array) };
}

function compiled(
  op: string,
  attributes: Record<string, OnnxAttribute>,
  constants: readonly OnnxTensor[],
  output = 0,
) {
  const outputs = ['first', 'second'];
  const inputs = ['x', ...constants.map(({ name }) => name)];
  const entries = new Map(Object.entries(attributes));
  const node: OnnxNode = { name: 'n', op, domain: '', inputs, outputs, attributes: entries };
  const held = new Map(constants.map((each) => [each.name, each]));
  const name = outputs[output]!;
  return compileOnnx(
    { opset: 20, nodes: [node], constants: held, inputs: [{ name: 'x' }], outputs: [name] },
    name,
  );
}

/** The answer, and whether its gradient agrees with differences of Σ w y. */
function checked(graph: ReturnType<typeof compiled>, x: tf.Tensor) {
  const run = (given: tf.Tensor) => planar(graph.run(new Map([['x', ofTensor(given)]])));
  return tf.tidy(() => {
    const answer = run(x);
    const weights = tf.tensor(waves(answer.shape, 5), answer.shape);
    const sum = (given: tf.Tensor) => tf.sum(tf.mul(run(given), weights)) as tf.Scalar;
    const gradient = [...tf.grad(sum)(x).dataSync()];
    const values = x.dataSync();
    const step = 2 ** -9;
    const moved = (i: number, by: number) =>
      sum(
        tf.tensor(
          values.map((value, k) => (k === i ? value + by : value)),
          x.shape,
        ),
      ).dataSync()[0]!;
    const differences = gradient.map((_, i) => (moved(i, step) - moved(i, -step)) / (2 * step));
    return { answer: [...answer.dataSync()], shape: answer.shape, gradient, differences };
  });
}

const close = (found: readonly number[], wanted: readonly number[], tolerance: number) => {
  expect(found).toHaveLength(wanted.length);
  const worst = Math.max(...found.map((value, i) => Math.abs(value - wanted[i]!)));
  expect(worst).toBeLessThan(tolerance);
};

// onnxruntime 1.30 of layers in both directions, [3, 1, 2] → [3, 2, 1, 2].
const layers: readonly [op: string, gates: number, before: number, wanted: readonly number[]][] = [
  [
    'RNN',
    1,
    0,
    [
      0.592485, -0.207615, 0.788072, -0.582537, 0.287383, -0.223567, 0.599955, -0.641504, 0.884152,
      -0.774205, 0.577685, -0.35828,
    ],
  ],
  [
    'GRU',
    3,
    0,
    [
      -0.001659, 0.095321, -0.55239, -0.158266, 0.312712, -0.295789, -0.120435, -0.776992, 0.349368,
      -0.404507, -0.572551, 0.185253,
    ],
  ],
  [
    'GRU',
    3,
    1,
    [
      -0.132544, 0.040491, -0.624856, -0.037829, 0.013997, -0.337324, -0.132668, -0.535407,
      0.054588, -0.521881, -0.601585, 0.260978,
    ],
  ],
  [
    'LSTM',
    4,
    0,
    [
      0.19035, 0.114251, -0.018228, -0.252486, 0.204669, 0.000478, -0.061027, -0.068038, 0.393919,
      0.056121, -0.032848, -0.208658,
    ],
  ],
];

eachBackend(() => {
  it.each(layers)('%s of %i gates, reset after the product: %i', (op, gates, before, wanted) => {
    const shapes = { w: [2, gates * 2, 2], r: [2, gates * 2, 2], b: [2, gates * 4] };
    const constants = Object.entries(shapes).map(([name, shape], i) =>
      constant(name, shape, waves(shape, i + 1)),
    );
    const attributes = { hidden_size: 2, direction: 'bidirectional', linear_before_reset: before };
    const x = tf.tensor(waves([3, 1, 2]), [3, 1, 2]);
    const graph = compiled(op, attributes, constants);
    const found = checked(graph, x);
    expect(found.shape).toEqual([3, 2, 1, 2]);
    close(found.answer, wanted, 1e-5);
    close(found.gradient, found.differences, 2e-3);
    graph.dispose();
    // The state after the last step, of each direction.
    const last = compiled(op, attributes, constants, 1);
    close(checked(last, x).answer, [...wanted.slice(8, 10), ...wanted.slice(2, 4)], 1e-5);
    last.dispose();
    x.dispose();
  });

  it('refuses a layer that clips, and one with other weights than it says', () => {
    const constants = [
      constant('w', [1, 6, 2], waves([1, 6, 2])),
      constant('r', [1, 6, 2], waves([1, 6, 2])),
    ];
    expect(() => compiled('GRU', { clip: 3 }, constants)).toThrow(/"n" \(GRU\) clips its sums/);
    expect(() => compiled('GRU', { hidden_size: 5 }, constants)).toThrow(/has weights \[1,6,2\]/);
    expect(() => compiled('LSTM', {}, constants)).toThrow(/has weights/);
    expect(() => compiled('GRU', { activations: ['Elu', 'Tanh'] }, constants)).toThrow(/elu/);
  });

  it('TopK takes the first of equal ones, along any axis; the gradient goes back to them', () => {
    const x = tf.tensor3d([3, 1, 1, 1, 2, 5, 1, 0], [1, 4, 2]);
    const three = [constant('k', [1], [3])];
    const values = compiled('TopK', { axis: 1, largest: 0 }, three);
    const run = (given: tf.Tensor) => planar(values.run(new Map([['x', ofTensor(given)]])));
    tf.tidy(() => {
      expect([...run(x).dataSync()]).toEqual([1, 0, 1, 1, 2, 1]);
      const slopes = tf.tensor3d([1, 2, 3, 4, 5, 6], [1, 3, 2]);
      const gradient = tf.grad((given) => tf.sum(tf.mul(run(given), slopes)))(x);
      expect([...gradient.dataSync()]).toEqual([0, 4, 1, 6, 5, 0, 3, 2]);
    });
    values.dispose();
    const places = compiled('TopK', { axis: 1, largest: 0 }, three, 1);
    tf.tidy(() => {
      const found = planar(places.run(new Map([['x', ofTensor(x)]])));
      expect([...found.dataSync()]).toEqual([1, 3, 3, 0, 2, 1]);
    });
    expect(places.follows('x')).toBe(false);
    places.dispose();
    const many = compiled('TopK', { axis: 1 }, [constant('k', [1], [5])]);
    expect(() => many.run(new Map([['x', ofTensor(x)]]))).toThrow(
      /takes 5 of \[1,4,2\] along the axis 1/,
    );
    many.dispose();
    x.dispose();
  });

  it('EyeLike is a diagonal of the same shape', () => {
    const x = tf.zeros([2, 4]);
    const graph = compiled('EyeLike', { k: 1 }, []);
    tf.tidy(() => {
      const found = planar(graph.run(new Map([['x', ofTensor(x)]])));
      expect([...found.dataSync()]).toEqual([0, 1, 0, 0, 0, 0, 1, 0]);
    });
    graph.dispose();
    x.dispose();
  });

  // onnxruntime 1.30.
  it.each([
    [
      0,
      [
        -0.6, -0.383333, 0, -0.45, 0.6, -0.516667, -0.5, 0.716667, 0.1, 0.65, 0.7, 0.583333,
        -0.666667, -0.45, 0, -0.45, 0.666667, -0.45, -0.666667, 0.05, 0, 0.05, 0.666667, 0.05,
      ],
    ],
    [
      1,
      [
        -0.95, -0.9, -0.05, -1, 0.85, -1.1, -0.75, 1.3, 0.15, 1.2, 1.05, 1.1, -1, -0.7, 0, -0.7, 1,
        -0.7, -1, 0.3, 0, 0.3, 1, 0.3,
      ],
    ],
  ])('AffineGrid with align_corners %i', (corners, wanted) => {
    const theta = tf.tensor3d([0.9, 0.1, 0.05, -0.1, 1.1, 0.1, 1, 0, 0, 0, 0.5, -0.2], [2, 2, 3]);
    const graph = compiled('AffineGrid', { align_corners: corners }, [
      constant('size', [4], [2, 1, 2, 3]),
    ]);
    const found = checked(graph, theta);
    expect(found.shape).toEqual([2, 2, 3, 2]);
    close(found.answer, wanted, 1e-5);
    close(found.gradient, found.differences, 2e-3);
    graph.dispose();
    theta.dispose();
  });
});
