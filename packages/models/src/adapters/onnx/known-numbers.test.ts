import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { compileOnnx } from './compile';
import { lastReads, Values } from './lifetimes';
import type { OnnxAttribute, OnnxNode, OnnxTensor } from './onnx-model';
import { ofTensor, planar } from './value';

const node = (
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Record<string, OnnxAttribute> = {},
): OnnxNode => ({
  name: outputs[0]!,
  op,
  domain: '',
  inputs,
  outputs,
  attributes: new Map(Object.entries(attributes)),
});
const whole = (name: string, shape: readonly number[], ...data: number[]): OnnxTensor => ({
  name,
  shape,
  data,
  integer: true,
});

/** The answer "y" to a picture of counted values. */
function answered(
  nodes: readonly OnnxNode[],
  constants: readonly OnnxTensor[],
  shape: readonly number[],
) {
  const held = new Map(constants.map((each) => [each.name, each]));
  const model = { opset: 17, nodes, constants: held, inputs: [{ name: 'x' }], outputs: ['y'] };
  const graph = compileOnnx(model, 'y');
  const x = tf.reshape(
    tf.range(
      0,
      shape.reduce((a, b) => a * b, 1),
    ),
    [...shape],
  );
  const found = tf.tidy(() => {
    const y = planar(graph.run(new Map([['x', ofTensor(x)]])));
    return { shape: y.shape, data: [...y.dataSync()] };
  });
  x.dispose();
  graph.dispose();
  return found;
}

eachBackend(() => {
  it('knows the larger and the smaller of sizes', () => {
    // As the classic exporter of PyTorch writes torch.diagonal: sizes of sizes.
    const nodes = [
      node('Shape', ['x'], ['s']),
      node('Gather', ['s', 'first'], ['a']),
      node('Gather', ['s', 'second'], ['b']),
      node('Min', ['a', 'b', 'many'], ['small']),
      node('Max', ['a', 'b'], ['large']),
      node('Concat', ['small', 'large'], ['sides'], { axis: 0 }),
      node('Expand', ['one', 'sides'], ['e']),
      node('ReduceMax', ['x'], ['m']),
      node('Mul', ['e', 'm'], ['y']),
    ];
    const one = { name: 'one', shape: [1], data: Float32Array.of(1), integer: false };
    const held = [whole('first', [1], 0), whole('second', [1], 1), whole('many', [1], 9), one];
    expect(answered(nodes, held, [2, 5]).shape).toEqual([2, 5]);
    expect(answered(nodes, held, [4, 3]).shape).toEqual([3, 4]);
  });

  it.each([
    [{}, [1, 3, 6]],
    [{ exclusive: 1 }, [0, 1, 3]],
    [{ reverse: 1 }, [6, 5, 3]],
    [{ reverse: 1, exclusive: 1 }, [5, 3, 0]],
  ])('sums known numbers up %j', (attributes, sums) => {
    const nodes = [
      node('CumSum', ['table', 'axis'], ['sums'], attributes),
      node('Reshape', ['sums', 'flat'], ['sides']),
      node('Slice', ['sides', 'from', 'to'], ['part']),
      node('Cast', ['part'], ['numbers'], { to: 1 }),
      node('Add', ['x', 'numbers'], ['y']),
    ];
    // Two columns, of which the second is ten times the first.
    const held = [
      whole('table', [3, 2], 1, 10, 2, 20, 3, 30),
      whole('axis', [], 0),
      whole('flat', [1], 6),
      whole('from', [1], 0),
      whole('to', [1], 6),
    ];
    const { data } = answered(nodes, held, [6]);
    expect(data).toEqual(sums.flatMap((sum, i) => [sum + 2 * i, sum * 10 + 2 * i + 1]));
  });

  it('takes places of each picture of a batch', () => {
    const nodes = [node('GatherND', ['x', 'at'], ['y'], { batch_dims: 1 })];
    // [2, 3, 4]: of the first picture rows 2 and 0, of the second row 1 twice.
    const { shape, data } = answered(nodes, [whole('at', [2, 2, 1], 2, 0, 1, -2)], [2, 3, 4]);
    expect(shape).toEqual([2, 2, 4]);
    const row = (first: number) => [0, 1, 2, 3].map((i) => first + i);
    expect(data).toEqual([...row(8), ...row(0), ...row(16), ...row(16)]);
    const other = () => answered(nodes, [whole('at', [3, 1, 1], 0, 0, 0)], [2, 3, 4]);
    expect(other).toThrow(/batch_dims 1/);
  });

  it('runs a dynamically quantised convolution without the rounding of its input', () => {
    // 3 × 3 counted values, 0…8, one 3 × 3 filter around them: one value of the answer.
    const filter = [131, 120, 128, 255, 0, 128, 100, 140, 129];
    const [zero, scale] = [128, 0.02];
    const nodes = [
      node('DynamicQuantizeLinear', ['x'], ['q', 's', 'z']),
      node('ConvInteger', ['q', 'w', 'z', 'wz'], ['i'], { kernel_shape: [3, 3] }),
      node('Cast', ['i'], ['f'], { to: 1 }),
      node('Mul', ['s', 'ws'], ['scales']),
      node('Mul', ['f', 'scales'], ['y']),
    ];
    const held: OnnxTensor[] = [
      { name: 'w', shape: [1, 1, 3, 3], data: Uint8Array.from(filter), integer: true },
      { name: 'wz', shape: [], data: Uint8Array.of(zero), integer: true },
      { name: 'ws', shape: [], data: Float32Array.of(scale), integer: false },
    ];
    const [y] = answered(nodes, held, [1, 1, 3, 3]).data;
    const plain = filter.reduce((sum, w, x) => sum + x * (w - zero) * scale, 0);
    expect(y).toBeCloseTo(plain, 4);
    // As onnxruntime answers, which rounds: 7 · 255 / 8 is 223.125. No more than half a step of each value away.
    const step = 8 / 255;
    const rounded = filter.reduce(
      (sum, w, x) => sum + Math.round(x / step) * step * (w - zero) * scale,
      0,
    );
    const most = filter.reduce((sum, w) => sum + (step / 2) * Math.abs(w - zero) * scale, 0);
    expect(Math.abs(rounded - plain)).toBeGreaterThan(1e-3);
    expect(Math.abs(y! - rounded)).toBeLessThan(most);
  });

  it('frees a value once nothing reads it, and no value that has another name', () => {
    expect(
      lastReads(
        [
          { inputs: ['x'], outputs: ['a', 'unread'] },
          { inputs: ['a', ''], outputs: ['b'] },
          { inputs: ['a', 'b'], outputs: ['y'] },
        ],
        ['y', 'x'],
      ),
    ).toEqual([['unread'], [], ['a', 'b']]);
    const [x, a] = [tf.scalar(1), tf.scalar(2)];
    const values = new Values(new Map([['x', ofTensor(x)]]));
    values.set('a', ofTensor(a));
    values.set('same', ofTensor(a));
    values.set('x too', ofTensor(x));
    for (const name of ['a', 'x too', 'x', 'nobody']) values.end(name);
    expect([x.isDisposed, a.isDisposed]).toEqual([false, false]);
    values.end('same');
    expect([x.isDisposed, a.isDisposed]).toEqual([false, true]);
    x.dispose();
  });

  it('holds few of the values of a long chain at a time', () => {
    const count = 40;
    const nodes = Array.from({ length: count }, (_, i) =>
      node('Add', [i === 0 ? 'x' : `v${i - 1}`, 'x'], [i === count - 1 ? 'y' : `v${i}`]),
    );
    const model = { opset: 17, nodes, constants: new Map(), inputs: [{ name: 'x' }] };
    const graph = compileOnnx({ ...model, outputs: ['y'] }, 'y');
    const x = tf.ones([1, 4, 8, 8]);
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      const y = planar(graph.run(new Map([['x', ofTensor(x)]])));
      expect(y.dataSync()[0]).toBe(count + 1);
      // One that is read, one that is made, and the answer in another layout.
      expect(tf.memory().numTensors - before).toBeLessThan(4);
    });
    expect(tf.memory().numTensors).toBe(before);
    x.dispose();
    graph.dispose();
  });
});
