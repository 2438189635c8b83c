import { readFileSync } from 'node:fs';
import {
  checkGradient,
  describeMattingModel,
  describeTrimapModel,
} from '@latent-matte/core/testing';
import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { fromTflite } from './from-tflite';
import { ofTensor, planar } from './onnx/value';
import { compileTflite } from './tflite/compile';
import { readTflite } from './tflite/read-tflite';
import { writeTflite } from './tflite/write-tflite';

interface Cases {
  readonly shape: [number, number, number, number];
  readonly x: string;
  readonly cases: readonly {
    readonly name: string;
    readonly model: string;
    readonly shape: number[];
    readonly y: string;
    readonly tolerance?: number;
  }[];
}
const references = JSON.parse(
  readFileSync(new URL('../../fixtures/tflite/cases.json', import.meta.url), 'utf8'),
) as Cases;
const decode = (text: string) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const named = (name: string) =>
  decode(references.cases.find((each) => each.name === name)?.model ?? '');
const floats = (text: string) => new Float32Array(decode(text).buffer);

eachBackend(() => {
  describe("equals TensorFlow's interpreter, and has the gradient of finite differences", () => {
    it.each(references.cases)('$name', async ({ model, shape, y, tolerance = 1e-5 }) => {
      const before = tf.memory().numTensors;
      const tflite = readTflite(decode(model));
      const graph = compileTflite(tflite, tflite.outputs[0]);
      const input = tflite.inputs[0].name;
      const run = (x: tf.Tensor): tf.Tensor =>
        tf.tidy(() => planar(graph.run(new Map([[input, ofTensor(x)]]))));
      const x = tf.tensor4d(floats(references.x), references.shape);
      const result = run(x);
      expect(result.shape).toEqual(shape);
      const wanted = floats(y);
      const values = result.dataSync();
      const error = Math.max(...values.map((value, i) => Math.abs(value - wanted[i])));
      expect(error).toBeLessThan(tolerance);
      const check = await checkGradient(run, [x], { epsilon: 1e-3, directions: 2 });
      expect(check.relativeError).toBeLessThan(0.01);
      graph.dispose();
      tf.dispose([x, result]);
      expect(tf.memory().numTensors).toBe(before);
    });
  });

  describeMattingModel(
    { describe, it },
    () =>
      fromTflite(named('LOGISTIC'), {
        kind: 'matting',
        name: 'one of a fixed size',
        input: { range: [-1, 1] },
        output: { channel: 1 },
      }),
    { title: 'matting', width: 48, height: 36 },
  );

  describeTrimapModel(
    { describe, it },
    () =>
      fromTflite(named('SOFTMAX'), {
        kind: 'trimap',
        name: 'a segmenter with a band',
        output: { values: 'probabilities', person: { channel: 2, margin: 1, band: 1 } },
      }),
    { title: 'trimap', width: 48, height: 36, gradientEpsilon: 1e-4, gradientTolerance: 0.05 },
  );
});

it('refuses a file or a description that asks for pictures larger than any network', () => {
  const wide = (width: number) =>
    writeTflite({
      tensors: [
        { name: 'x', shape: [1, 32, width, 3] },
        { name: 'w', shape: [1, 1, 1, 3], raw: new Uint8Array(12) },
        { name: 'y', shape: [1, 32, width, 1] },
      ],
      nodes: [{ op: 'CONV_2D', inputs: [0, 1, -1], outputs: [2] }],
      inputs: [0],
      outputs: [2],
    });
  const options = { kind: 'matting', name: 'wide', differentiable: 'none' } as const;
  // With a side of 2 ** 24 the dense matrix of the resize took 2 GB.
  expect(() => fromTflite(wide(2 ** 14), options)).toThrow(/asks for pictures of 16384×32/);
  const size = { fixed: [32, 2 ** 24] } as const;
  expect(() => fromTflite(wide(64), { ...options, input: { size } })).toThrow(/from 1 to 4096/);
  fromTflite(wide(4096), options).dispose();
});
