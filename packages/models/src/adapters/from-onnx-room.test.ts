import { measurePeakMemory } from '@latent-matte/core/testing';
import { eachBackend } from '@latent-matte/test-kit/each-backend';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { fromOnnx } from './from-onnx';
import { writeOnnx } from './onnx/write-onnx';

const peakBytes = (run: () => void): number => measurePeakMemory(run).peakBytes;

const floats = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);

/** Values that double `times` times, of the picture or of a constant of eight. */
function doubling(times: number, first: 'x' | 'w'): Uint8Array {
  const twice = new Uint8Array(BigInt64Array.from([1n, 1n, 2n, 1n]).buffer);
  return writeOnnx({
    nodes: [
      ...Array.from({ length: times }, (_, i) => ({
        op: 'Tile',
        inputs: [i === 0 ? first : `d${i - 1}`, 'twice'],
        outputs: [`d${i}`],
      })),
      { op: 'ReduceMax', inputs: [`d${times - 1}`], outputs: ['m'] },
      { op: 'Conv', inputs: ['x', 'k'], outputs: ['p'] },
      { op: 'Add', inputs: ['p', 'm'], outputs: ['y'] },
    ],
    weights: [
      { name: 'w', dims: [1, 1, 1, 8], raw: floats(0, 0, 0, 0, 0, 0, 0, 0) },
      { name: 'k', dims: [1, 3, 1, 1], raw: floats(0, 0, 0) },
      { name: 'twice', dims: [4], type: 7, raw: twice },
    ],
    inputs: { x: [1, 3, 32, 32] },
    outputs: ['y'],
  });
}

/** Four bytes each. */
const VALUES = 4;

eachBackend(() => {
  it('bounds what a few bytes compute of constants by what they have, before it is made', () => {
    const before = tf.memory().numTensors;
    // 2^21 values together: a grid as large as a photo.
    fromOnnx(doubling(18, 'w'), { kind: 'matting', name: 'small' }).dispose();
    const load = () => fromOnnx(doubling(26, 'w'), { kind: 'matting', name: 'large' });
    expect(peakBytes(() => expect(load).toThrow(/limit/))).toBeLessThan(2 ** 25 * VALUES);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('bounds what one run makes of a small picture', () => {
    const image = tf.zeros([1, 32, 32, 3]) as tf.Tensor4D;
    const before = tf.memory().numTensors;
    const small = fromOnnx(doubling(4, 'x'), { kind: 'matting', name: 'small' });
    expect(tf.tidy(() => small.alpha({ image }).shape)).toEqual([1, 32, 32, 1]);
    small.dispose();
    const large = fromOnnx(doubling(20, 'x'), { kind: 'matting', name: 'large' });
    const run = () => tf.tidy(() => large.alpha({ image }));
    expect(peakBytes(() => expect(run).toThrow(/limit/))).toBeLessThan(2 ** 26 * VALUES);
    large.dispose();
    expect(tf.memory().numTensors).toBe(before);
    image.dispose();
  });
});
