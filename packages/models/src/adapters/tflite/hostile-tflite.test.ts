import {
  createRandom,
  InvalidOptionError,
  ModelOutputError,
  WeightFormatError,
  WeightsError,
} from '@latent-matte/core';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { MattingDescription } from '../description';
import { fromTflite } from '../from-tflite';
import { type WrittenTflite, writeTflite } from './write-tflite';

const description: MattingDescription = { kind: 'matting', name: 'mine' };
const bytesOf = ({ buffer }: { buffer: ArrayBufferLike }) => new Uint8Array(buffer);
const node = (op: string, inputs: number[], outputs: number[]) => ({ op, inputs, outputs });
const tensor = (name: string, shape: number[], more = {}) => ({ name, shape, ...more });
const mix = bytesOf(Float32Array.from([1, 2, -1]));

/** y = sigmoid(x₀ + 2 x₁ − x₂). */
const small: WrittenTflite = {
  tensors: [
    tensor('x', [1, 32, 32, 3]),
    tensor('w', [1, 1, 1, 3], { raw: mix }),
    tensor('m', [1, 32, 32, 1]),
    tensor('y', [1, 32, 32, 1]),
  ],
  nodes: [node('CONV_2D', [0, 1, -1], [2]), node('LOGISTIC', [2], [3])],
  inputs: [0],
  outputs: [3],
};
const withTensors = (more: Record<number, object>): Partial<WrittenTflite> => ({
  tensors: small.tensors.map((each, i) => ({ ...each, ...more[i] })),
});
const attempt = (model: Partial<WrittenTflite>, more: Partial<MattingDescription> = {}) => {
  const bytes = writeTflite({ ...small, ...model });
  return () => fromTflite(bytes, { ...description, ...more });
};

beforeAll(async () => {
  await tf.setBackend('cpu');
});

it('reads what the tests write, wherever in its memory it lies', () => {
  const bytes = writeTflite(small);
  const whole = Buffer.concat([Buffer.from([0]), bytes, Buffer.from([0])]);
  const model = fromTflite(whole.subarray(1, bytes.length + 1), description);
  const image = tf.ones([1, 32, 32, 3]) as tf.Tensor4D;
  expect(tf.tidy(() => model.alpha({ image }).dataSync()[0])).toBeCloseTo(
    1 / (1 + Math.exp(-2)),
    5,
  );
  model.dispose();
  image.dispose();
});

it('gives an inner tensor by its name, and channels of zeros after the picture', () => {
  const raw = bytesOf(Float32Array.from([0.2, 0.1, 0.3, 100]));
  const bytes = writeTflite({ ...small, ...withTensors({ 1: { shape: [1, 1, 1, 4], raw } }) });
  const inner = { ...description, output: { name: 'm' } };
  const model = fromTflite(bytes, inner, { emptyChannels: 1 });
  const image = tf.ones([1, 32, 32, 3]) as tf.Tensor4D;
  expect(tf.tidy(() => model.alpha({ image }).dataSync()[0])).toBeCloseTo(0.6, 5);
  model.dispose();
  image.dispose();
});

describe('refuses', () => {
  it('a file that is cut off anywhere, or is not TFLite', () => {
    const bytes = writeTflite(small);
    for (let length = 0; length < bytes.length; length++) {
      const cut = () => fromTflite(bytes.slice(0, length), description).dispose();
      // Only what lies behind the last byte that is read may be missing.
      if (length < bytes.length - 8) expect(cut, `${length}`).toThrow(WeightFormatError);
    }
    const text = new TextEncoder().encode('<!doctype html><html><body>404</body></html>');
    expect(() => fromTflite(text, description)).toThrow(/not a TFLite model/);
  });

  it('any four bytes of nonsense with an error of ours', () => {
    const bytes = writeTflite(small);
    const random = createRandom(3);
    const values = random.normals(2 * bytes.length);
    for (let at = 8; at + 4 <= bytes.length; at++) {
      for (const value of [0xffffffff, 0x7fffffff, Math.floor(Math.abs(values[at]) * 1e4)]) {
        const changed = bytes.slice();
        new DataView(changed.buffer).setUint32(at, value >>> 0, true);
        try {
          fromTflite(changed, description).dispose();
        } catch (error) {
          const ours = [WeightFormatError, WeightsError, InvalidOptionError, ModelOutputError];
          expect(
            ours.some((kind) => error instanceof kind),
            `at ${at}: ${error}`,
          ).toBe(true);
        }
      }
    }
  });

  it.each([
    ['another schema', { version: 4 }, /schema version 4; 3 is supported/],
    [
      'unknown operators, all of them',
      { nodes: [node('ARG_MAX', [0, 1], [2]), node('Fancy', [2], [3])] },
      /ARG_MAX \(node "m"\), Fancy \(node "y"\)/,
    ],
    [
      'an operator called like a property',
      { nodes: [node('constructor', [0], [3])] },
      /constructor/,
    ],
    ['a cycle', { nodes: [node('ADD', [0, 3], [2]), node('LOGISTIC', [2], [3])] }, /cycle/],
    ['itself as its input', { nodes: [node('LOGISTIC', [3], [3])] }, /cycle/],
    ['a missing maker', { nodes: [node('LOGISTIC', [2], [3])] }, /Nothing.*makes "m"/],
    ['a tensor that is not there', { nodes: [node('LOGISTIC', [99], [3])] }, /damaged/],
    ['a buffer that is not there', withTensors({ 1: { buffer: 77 } }), /damaged/],
    [
      'a shape that is a lie',
      withTensors({ 1: { shape: [2 ** 30, 2 ** 30] } }),
      /claims the shape/,
    ],
    ['a side below 0', withTensors({ 2: { shape: [1, -5] } }), /claims the shape/],
    ['a weight of another size', withTensors({ 1: { shape: [1, 1, 1, 4] } }), /holds 3 values/],
    [
      'a filter of nothing, with a window as large as it says',
      withTensors({ 1: { shape: [0, 50_000, 50_000, 3], raw: new Uint8Array(0) } }),
      /filter \[0,50000,50000,3\] of nothing/,
    ],
    ['int4 weights', withTensors({ 1: { type: 17 } }), /"w" has the data type 17/],
    ['values in int8', withTensors({ 2: { type: 9 } }), /computes in integers.*"m" \(CONV_2D\)/],
    ['integers as a filter', withTensors({ 1: { type: 2 } }), /integers without a scale/],
    ['a computed filter', { nodes: [node('CONV_2D', [0, 0, -1], [3])] }, /computes its weight "x"/],
  ] as const)('%s', (_, model, message) => {
    const before = tf.memory().numTensors;
    expect(attempt(model as Partial<WrittenTflite>)).toThrow(WeightFormatError);
    expect(attempt(model as Partial<WrittenTflite>)).toThrow(message);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('tensors that all lead to one large buffer', () => {
    const raw = new Uint8Array(40_000);
    const many = Array.from({ length: 100 }, (_, i) => tensor(`w${i}`, [10_000], { buffer: 1 }));
    const first = [small.tensors[0], tensor('w', [10_000], { raw }), ...small.tensors.slice(2)];
    expect(attempt({ tensors: [...first, ...many] })).toThrow(/again and again/);
  });

  it('a value too large to be made, when it is run', () => {
    const sizes = bytesOf(Int32Array.from([2 ** 20, 2 ** 20]));
    const model = attempt({
      ...withTensors({ 1: { shape: [2], type: 2, raw: sizes } }),
      nodes: [node('RESIZE_BILINEAR', [0, 1], [3])],
    })();
    const image = tf.ones([1, 32, 32, 3]) as tf.Tensor4D;
    expect(() => model.alpha({ image })).toThrow(
      /"y" \(RESIZE_BILINEAR\) makes a value of the shape/,
    );
    model.dispose();
    image.dispose();
  });

  it('weights that are not finite', () => {
    const raw = bytesOf(Float32Array.from([1, Number.NaN, 1]));
    expect(attempt(withTensors({ 1: { raw } }))).toThrow(WeightsError);
  });

  it('a file of gigabytes, before anything is read', () => {
    const large = { byteLength: 2 ** 31 } as Uint8Array;
    expect(() => fromTflite(large, description)).toThrow(/2147483648 bytes; 1073741824 is the/);
  });

  it('names that the model does not have, and outputs without the picture', () => {
    expect(attempt({}, { input: { name: 'photo' } })).toThrow(/no input "photo".*"x"/);
    expect(attempt({}, { output: { name: 'z' } })).toThrow(/no output "z".*"y"/);
    expect(attempt({ nodes: [node('LOGISTIC', [1], [3])] })).toThrow(/does not depend on.*"x"/);
  });
});
