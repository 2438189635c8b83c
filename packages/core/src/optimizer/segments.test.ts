import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { gradientsOf } from '../ops/gradients-of';
import { createRandom } from '../random';
import { checkLeaks, measurePeakMemory } from '../testing';
import { inSegments } from './in-segments';
import { pullBackSegments, runSegments, type Segment } from './segments';

const random = createRandom(4);
const normals = (...shape: number[]) =>
  tf.tensor(random.normals(shape.reduce((a, b) => a * b)), shape);

/** Two tensors of state, one passed on untouched, two parameters of which each piece reads one. */
const pieces: readonly Segment[] = [
  { name: 'begin', run: ([x], [a]) => [tf.tanh(tf.matMul(x as tf.Tensor2D, a as tf.Tensor2D)), x] },
  {
    name: 'middle',
    run: (state, parameters) => inner.reduce((s, { run }) => run(s, parameters), state),
    get segments() {
      return inner;
    },
  },
  { name: 'end', run: ([y, x]) => [tf.add(tf.square(y), x)] },
];
const inner: readonly Segment[] = [
  { name: 'a', run: ([y, x], [, b]) => [tf.mul(y, b), x] },
  {
    name: 'b',
    run: ([y, x], [a]) => [tf.sin(tf.matMul(y as tf.Tensor2D, a as tf.Tensor2D)), tf.mul(x, y)],
  },
];
const whole = (x: tf.Tensor, parameters: tf.Tensor[]) =>
  pieces.reduce<readonly tf.Tensor[]>((s, { run }) => run(s, parameters), [x])[0];

eachBackend(() => {
  describe('gradients in segments', () => {
    const inputs = () => ({
      x: normals(3, 4),
      a: normals(4, 4),
      b: normals(1, 4),
      dy: normals(3, 4),
    });

    it('are those of one tape, bit for bit, and leak nothing', async () => {
      const { x, a, b, dy } = inputs();
      const expected = tf.tidy(() =>
        tf
          .grads((...all) => whole(all[0], all.slice(1)))([x, a, b], dy)
          .map((t) => t.dataSync()),
      ) as unknown as Float32Array[];
      let found: Float32Array[] = [];
      const leaks = await checkLeaks(() => {
        const states = runSegments(pieces, [x], [a, b]);
        const { state, parameters } = pullBackSegments(pieces, states, [a, b], [dy]);
        const all = [...state, ...parameters] as tf.Tensor[];
        found = all.map((t) => t.dataSync() as Float32Array);
        tf.dispose(all);
      });
      tf.dispose([x, a, b, dy]);
      expect(leaks).toEqual({ leaked: 0 });
      expect(found).toHaveLength(3);
      for (const [i, values] of expected.entries()) expect(found[i]).toEqual(values);
    });

    it('leave undefined what no path leads to', () => {
      const { x, a, b, dy } = inputs();
      const first = pieces.slice(0, 1);
      const { state, parameters } = pullBackSegments(
        first,
        runSegments(first, [x], [a, b]),
        [a, b],
        [dy, undefined],
      );
      expect(state[0]?.shape).toEqual([3, 4]);
      expect(parameters[0]?.shape).toEqual([4, 4]);
      expect(parameters[1]).toBeUndefined();
      tf.dispose([x, a, b, dy, state[0]!, parameters[0]!]);
    });

    it('free everything when a segment throws, forwards or backwards', async () => {
      const { x, a, b, dy } = inputs();
      let calls = 0;
      const failing = (at: number): Segment[] => [
        ...pieces,
        {
          name: 'fails',
          run: ([y]) => {
            const made = tf.square(y);
            if (++calls === at) throw new Error('from the segment');
            return [made];
          },
        },
      ];
      for (const at of [1, 2]) {
        calls = 0;
        const segments = failing(at);
        const { leaked, error } = await checkLeaks(() => {
          const states = runSegments(segments, [x], [a, b]);
          pullBackSegments(segments, states, [a, b], [dy]);
        });
        expect(String(error)).toContain('from the segment');
        expect(leaked).toBe(0);
      }
      tf.dispose([x, a, b, dy]);
    });

    it('work as one function inside a tape', async () => {
      const { x, dy } = inputs();
      const network: Segment[] = [
        { name: 'square', run: ([t]) => [tf.square(t)] },
        { name: 'sine', run: ([t]) => [tf.sin(t), t] },
        { name: 'product', run: ([t, u]) => [tf.mul(t, u)] },
      ];
      const direct = (t: tf.Tensor) =>
        network.reduce<readonly tf.Tensor[]>((s, { run }) => run(s, []), [t])[0];
      const loss = (f: (t: tf.Tensor) => tf.Tensor) => (t: tf.Tensor) =>
        tf.sum(tf.mul(f(tf.mul(t, 2)), dy)) as tf.Scalar;
      let pair: Float32Array[] = [];
      const leaks = await checkLeaks(() => {
        const gradients = [direct, (t: tf.Tensor) => inSegments(network, t)].map(
          (f) => gradientsOf(loss(f), [x])[0],
        );
        pair = gradients.map((g) => g.dataSync() as Float32Array);
        tf.dispose(gradients);
        // Without a gradient nothing is kept either.
        inSegments(network, x).dispose();
      });
      tf.dispose([x, dy]);
      expect(leaks).toEqual({ leaked: 0 });
      expect(pair[1]).toEqual(pair[0]);
    });

    it('need less memory than one tape', () => {
      const x = normals(64, 64);
      const chain = Array.from(
        { length: 12 },
        (_, i): Segment => ({
          name: `${i}`,
          run: ([t]) => [tf.tanh(tf.sin(tf.mul(tf.square(t), 0.5)))],
        }),
      );
      const run = (t: tf.Tensor) =>
        chain.reduce<readonly tf.Tensor[]>((s, { run }) => run(s, []), [t])[0];
      const direct = measurePeakMemory(() => gradientsOf((t) => tf.sum(run(t)) as tf.Scalar, [x]));
      const pieces = measurePeakMemory(() =>
        gradientsOf((t) => tf.sum(inSegments(chain, t)) as tf.Scalar, [x]),
      );
      expect(pieces.peakBytes).toBeLessThan(0.45 * direct.peakBytes);
      expect(pieces.peakBytes).toBeGreaterThan(x.size * 4);
      tf.dispose([x, ...direct.result, ...pieces.result]);
    });
  });
});
