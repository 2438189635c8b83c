import { everyBackend } from '@latent-matte/test-kit/every-backend';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { checkLeaks } from '../../testing';

/** Enough that WebGPU does not compute on the processor. */
const side = 40;

everyBackend(() => {
  it.each(['int32', 'bool'] as const)(
    'floats cast from %s can be copied by every kernel',
    async (type) => {
      let found: Float32Array | undefined;
      const leaks = await checkLeaks(async () => {
        const copy = tf.tidy(() => {
          const ramp = tf.reshape(tf.range(0, side * side), [side, 2, side / 2]);
          const whole = type === 'bool' ? tf.greater(ramp, 700) : tf.cast(ramp, 'int32');
          return tf.transpose(tf.cast(whole, 'float32'), [1, 2, 0]);
        });
        found = (await copy.data()) as Float32Array;
        copy.dispose();
      });
      expect(leaks).toEqual({ leaked: 0 });
      expect(found).toBeInstanceOf(Float32Array);
      const expected = Array.from({ length: side * side }, (_, i) => {
        const value = (i % side) * side + Math.floor(i / side);
        return type === 'bool' ? Number(value > 700) : value;
      });
      expect([...found!]).toEqual(expected);
    },
  );
});
