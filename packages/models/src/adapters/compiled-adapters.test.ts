import { manyTimes, type PassCompiler, setPassCompiler } from '@latent-matte/core/internal';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { afterEach, beforeAll, expect, it, vi } from 'vitest';
import { fromFunction } from './from-function';
import { fromOnnx } from './from-onnx';
import { writeOnnx } from './onnx/write-onnx';

beforeAll(() => tf.setBackend('cpu'));
afterEach(() => setPassCompiler('cpu', undefined));

/** The mean of red and green. */
const file = writeOnnx({
  nodes: [{ op: 'Conv', inputs: ['x', 'k'], outputs: ['y'] }],
  weights: [
    {
      name: 'k',
      dims: [1, 3, 1, 1],
      raw: new Uint8Array(Float32Array.of(0.5, 0.5, 0).buffer),
    },
  ],
  inputs: { x: [1, 3, 32, 32] },
  outputs: ['y'],
});

/** Runs what it is given, and tells what that was. */
function listening() {
  const pass = vi.fn<PassCompiler['pass']>((run) => ({ run, dispose: vi.fn() }));
  const gradient = vi.fn<PassCompiler['gradient']>(() => undefined);
  setPassCompiler('cpu', { always: false, pass, gradient });
  return { pass, gradient };
}

const picture = () => tf.fill([1, 32, 32, 3], 0.25) as tf.Tensor4D;

it('an ONNX file is compiled with its gradient where it has one, and without where it has none', () => {
  const { pass, gradient } = listening();
  const image = picture();
  for (const differentiable of ['image', 'none'] as const) {
    const model = fromOnnx(file, { kind: 'matting', name: 'mean', differentiable });
    const alpha = manyTimes('gradient', () => tf.tidy(() => model.alpha({ image })));
    expect(alpha.dataSync()[5]).toBeCloseTo(0.25);
    alpha.dispose();
    model.dispose();
  }
  expect(gradient.mock.calls.map(([, inputs, count]) => [inputs.length, count])).toEqual([[1, 1]]);
  expect(pass.mock.calls.map(([, inputs]) => inputs[0].shape)).toEqual([[1, 32, 32, 3]]);
  image.dispose();
});

it('the pictures of a batch go one by one through a file for one, by the same pass', () => {
  const { pass } = listening();
  const images = tf.fill([3, 32, 32, 3], 0.25) as tf.Tensor4D;
  const model = fromOnnx(file, { kind: 'matting', name: 'mean' });
  const alphas = manyTimes('value', () => tf.tidy(() => model.alpha({ image: images })));
  expect(alphas.shape).toEqual([3, 32, 32, 1]);
  expect(pass).toHaveBeenCalledTimes(1);
  model.dispose();
  expect(pass.mock.results[0].value.dispose).toHaveBeenCalledTimes(1);
  tf.dispose([images, alphas]);
});

it('a function of the caller, which may do anything, is not compiled', () => {
  const { pass, gradient } = listening();
  const image = picture();
  const model = fromFunction((image) => tf.mean(image, 3, true), {
    kind: 'matting',
    name: 'any',
  });
  const alpha = manyTimes('gradient', () => tf.tidy(() => model.alpha({ image })));
  expect(alpha.dataSync()[5]).toBeCloseTo(0.25);
  expect(pass).not.toHaveBeenCalled();
  expect(gradient).not.toHaveBeenCalled();
  model.dispose();
  tf.dispose([image, alpha]);
});
