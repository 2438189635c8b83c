import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { checkLeaks } from '../testing';
import { customGradient } from './custom-gradient';

describe('customGradient', () => {
  eachBackend(() => {
    it('gives the value, and the gradient written out instead of that of the operations', async () => {
      const x = tf.tensor1d([1, -2, 3]);
      const tripled = (x: tf.Tensor) =>
        customGradient(
          [x],
          (x) => ({ value: tf.square(x), saved: [x] }),
          (dy, [x]) => tf.mul(dy, tf.mul(x, 3)),
        );
      expect([...(await tripled(x).data())]).toEqual([1, 4, 9]);
      expect([...(await tf.grad(tripled)(x).data())]).toEqual([3, -6, 9]);
      x.dispose();
    });

    it('hands each input its gradient, in their order, and each saved tensor its type', async () => {
      const a = tf.tensor2d([1, 2, 3, 4], [2, 2]);
      const b = tf.tensor1d([10, 20]);
      const scaled = (a: tf.Tensor2D, b: tf.Tensor1D) =>
        customGradient(
          [a, b],
          (a, b) => {
            expectTypeOf(a).toEqualTypeOf<tf.Tensor2D>();
            return { value: tf.mul(a, b) as tf.Tensor2D, saved: [b, a] };
          },
          (dy, [b, a]) => {
            expectTypeOf(dy).toEqualTypeOf<tf.Tensor2D>();
            expectTypeOf(b).toEqualTypeOf<tf.Tensor1D>();
            expectTypeOf(a).toEqualTypeOf<tf.Tensor2D>();
            return [tf.mul(dy, b), tf.sum(tf.mul(dy, a), 0)];
          },
        );
      const [da, db] = tf.grads((a, b) => scaled(a as tf.Tensor2D, b as tf.Tensor1D))([a, b]);
      expect([...(await da.data())]).toEqual([10, 20, 10, 20]);
      expect([...(await db.data())]).toEqual([4, 6]);
      tf.dispose([a, b, da, db]);
    });

    it('frees what the forward pass makes, and after the backward pass what it saved', async () => {
      const x = tf.tensor1d([0.5, 2]);
      const { leaked, error } = await checkLeaks(() => {
        const y = customGradient(
          [x],
          (x) => {
            const root = tf.sqrt(tf.add(x, 1));
            return { value: tf.mul(root, 2), saved: [root] };
          },
          (dy, [root]) => tf.div(dy, root),
        );
        y.dispose();
        const slope = tf.grad((x: tf.Tensor) =>
          customGradient(
            [x],
            (x) => {
              const root = tf.sqrt(tf.add(x, 1));
              return { value: tf.mul(root, 2), saved: [root] };
            },
            (dy, [root]) => tf.div(dy, root),
          ),
        )(x);
        slope.dispose();
      });
      expect(error).toBeUndefined();
      expect(leaked).toBe(0);
      x.dispose();
    });

    it('refuses fewer gradients than inputs, in types and when it runs', () => {
      const x = tf.tensor1d([1]);
      const wrong = (a: tf.Tensor, b: tf.Tensor) =>
        customGradient(
          [a, b],
          (a, b) => ({ value: tf.add(a, b) }),
          // @ts-expect-error one gradient for two inputs
          (dy) => [dy],
        );
      expect(() => tf.grads(wrong)([x, x])).toThrow(/same number of tensors/);
      x.dispose();
    });
  });
});
