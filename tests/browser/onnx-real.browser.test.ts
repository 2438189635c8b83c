/// <reference types="vite/client" />
/** A network of other people through our interpreter, on WebGPU: as onnxruntime answers. */

import { useWebBackend } from '@latent-matte/backend-web';
import { fromOnnx } from '@latent-matte/backend-web/models';
import references from '@latent-matte/models/fixtures/onnx-networks.json';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { wasmPaths } from './places';

const files = import.meta.glob<string>('../../../shared/data/nets/sinet/*.onnx', {
  query: '?url',
  import: 'default',
  eager: true,
});
const [url] = Object.values(files);

it.skipIf(url === undefined || import.meta.env.VITE_REAL_NETWORKS === undefined)(
  'SINet of ../shared/data/nets answers on WebGPU as onnxruntime does (VITE_REAL_NETWORKS=1: minutes on a software device)',
  async () => {
    const reference = references.find(({ path }) => path.startsWith('sinet/'));
    if (reference === undefined) throw new Error('no reference of SINet');
    const { side, channel, values } = reference;
    await useWebBackend({ device: 'webgpu', wasmPaths });
    expect(tf.getBackend()).toBe('webgpu');
    const bytes = new Uint8Array(await (await fetch(url)).arrayBuffer());
    const model = fromOnnx(bytes, {
      kind: 'matting',
      name: 'sinet',
      output: { channel, range: [-10, 10] },
    });
    // The picture of from-onnx.test.ts.
    const picture = Float32Array.from({ length: side * side * 3 }, (_, i) => {
      const [color, column] = [i % 3, Math.floor(i / 3) % side];
      const row = Math.floor(i / 3 / side);
      return 0.5 + 0.5 * Math.sin(column * 0.05 + color) * Math.cos(row * 0.04 - color);
    });
    const image = tf.tensor4d(picture, [1, side, side, 3]);
    const made = model.alpha({ image });
    const alpha = await made.data();
    const errors = values.map((value, i) =>
      Math.abs(alpha[(i * 7919) % alpha.length] * 20 - 10 - value),
    );
    expect(Math.max(...errors)).toBeLessThan(1e-4);
    model.dispose();
    tf.dispose([image, made]);
  },
  600_000,
);
