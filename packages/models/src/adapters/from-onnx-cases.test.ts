import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { fromOnnx } from './from-onnx';

/** Small models, each a pattern of a real exporter, with onnxruntime's answers; kept outside the repository. */
const cases = new URL('../../../../../shared/cases/onnx/', import.meta.url);
const names = existsSync(cases)
  ? readdirSync(cases).flatMap((file) => (file.endsWith('.out.f32') ? [file.slice(0, -8)] : []))
  : [];
const bytes = (file: string) => new Uint8Array(readFileSync(new URL(file, cases)));
const floats = (file: string) => new Float32Array(bytes(file).buffer);

const sized = (name: string) => (name === 'h_input_chw' ? [3, 64, 96] : [1, 3, 64, 96]);

eachBackend((backend) => {
  it.skipIf(backend === 'cpu' || names.length === 0).each(names)(
    'answers %s as onnxruntime, a batch of two and the gradient too',
    (name) => {
      const data = new URL(`${name}.onnx.data`, cases);
      const external = existsSync(data) ? bytes(`${name}.onnx.data`) : undefined;
      const load = () =>
        fromOnnx(
          bytes(`${name}.onnx`),
          { kind: 'matting', name, output: { range: [-8, 8] } },
          external ? { external } : {},
        );
      if (name.endsWith('_external') && external === undefined) {
        expect(load).toThrow(/is in another file, "dyn_default_external.onnx.data"/);
        return;
      }
      const model = load();
      const wanted = floats(`${name}.out.f32`);
      tf.tidy(() => {
        const shape = sized(name);
        const values = floats('input0.f32');
        const planar = tf.tensor(values, shape.length === 4 ? shape : [1, ...shape]);
        const image = tf.transpose(planar, [0, 2, 3, 1]) as tf.Tensor4D;
        const alpha = (x: tf.Tensor4D) => model.alpha({ image: x });
        const answer = Array.from(alpha(image).dataSync());
        const worst = answer.reduce(
          (most, value, i) => Math.max(most, Math.abs(value * 16 - 8 - wanted[i])),
          0,
        );
        expect(worst).toBeLessThan(1e-4 * Math.max(1, ...wanted.map(Math.abs)));
        // Mean and variance of MeanVarianceNormalization are the batch's.
        const other = name === 'h_mvn' ? image : tf.reverse(image, 2);
        const two = alpha(tf.concat([image, other], 0) as tf.Tensor4D);
        const first = tf.slice(two, [0, 0, 0, 0], [1, -1, -1, -1]).dataSync();
        expect(two.shape).toEqual([2, 64, 96, 1]);
        expect(Math.max(...first.map((v, i) => Math.abs(v - answer[i])))).toBeLessThan(1e-5);
        const gradient = tf.grad((x) => tf.sum(alpha(x as tf.Tensor4D)))(image);
        expect(gradient.dataSync().every(Number.isFinite)).toBe(true);
      });
      model.dispose();
    },
  );
});
