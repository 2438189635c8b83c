/// <reference types="vite/client" />
/** Networks in ONNX through our interpreter, on WebGPU: the values and gradients that Node compares with too. */

import { useWebBackend } from '@latent-matte/backend-web';
import { fromOnnx } from '@latent-matte/backend-web/models';
import rvm from '@latent-matte/models/fixtures/small-networks/rvm.onnx?url';
import references from '@latent-matte/models/fixtures/small-networks.json';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { wasmPaths } from './places';

/** The others of small-networks.json pass too, and take minutes on a software device. */
const files = { rvm };
const at = (values: ArrayLike<number>, i: number) => values[(i * 7919) % values.length];

describe('ONNX on WebGPU', () => {
  beforeAll(() => useWebBackend({ device: 'webgpu', wasmPaths }));

  it.each(Object.keys(files) as (keyof typeof files)[])(
    '%s answers as onnxruntime does, with the gradient of PyTorch',
    async (name) => {
      expect(tf.getBackend()).toBe('webgpu');
      const reference = references.find((each) => each.name === name);
      if (reference === undefined) throw new Error(`no reference of ${name}`);
      const { shape, scale, constants, alpha, gradient } = reference;
      const [, channels, height, width] = shape;
      const [factor, offset] = scale;
      const bytes = new Uint8Array(await (await fetch(files[name])).arrayBuffer());
      const model = fromOnnx(
        bytes,
        { kind: 'matting', name, input: { range: [offset, factor + offset] } },
        { constants: constants as unknown as Record<string, number> },
      );
      const values = Float32Array.from({ length: height * width * channels }, (_, i) => {
        const [channel, column] = [i % channels, Math.floor(i / channels) % width];
        const row = Math.floor(i / channels / width);
        return 0.5 + 0.5 * Math.sin(column * 0.11 + channel) * Math.cos(row * 0.09 - channel);
      });
      const image = tf.tensor4d(values, [1, height, width, channels]);
      const loss = (x: tf.Tensor) => {
        const y = tf.reshape(model.alpha({ image: x as tf.Tensor4D }), [-1]);
        return tf.sum(tf.mul(y, tf.sin(tf.mul(tf.range(0, y.size), 0.37))));
      };
      const made = model.alpha({ image });
      // The reference is with respect to what the network sees.
      const slope = tf.tidy(() => tf.div(tf.transpose(tf.grad(loss)(image), [0, 3, 1, 2]), factor));
      const [y, g] = await Promise.all([made.data(), slope.data()]);
      expect(Math.max(...alpha.map((value, i) => Math.abs(at(y, i) - value)))).toBeLessThan(1e-4);
      const error = Math.hypot(...gradient.map((value, i) => at(g, i) - value));
      expect(error / Math.hypot(...gradient)).toBeLessThan(0.01);
      model.dispose();
      tf.dispose([image, made, slope]);
    },
  );
});
