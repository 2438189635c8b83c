import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { measureMatte } from '../metrics';
import { readTrimap } from './trimap-levels';

const map = <Data extends Uint8Array | Uint16Array | Float32Array>(data: Data) => ({
  width: data.length,
  height: 1,
  channels: 1 as const,
  data,
});
const alpha = map(Uint8Array.of(0, 40, 90, 200, 255, 255));
const truth = map(Uint8Array.of(0, 60, 120, 180, 240, 255));

describe('A trimap is read the same, whatever its levels', () => {
  const exact = Uint8Array.of(0, 128, 128, 128, 255, 255);
  it.each([
    ['127', Uint8Array.of(0, 127, 127, 127, 255, 255), 0],
    ['129', Uint8Array.of(0, 129, 129, 129, 255, 255), 3],
    ['a JPEG', Uint8Array.of(4, 120, 136, 125, 250, 251), 6],
    ['16 bits', Uint16Array.of(0, 32768, 32767, 33000, 65535, 65535), 1],
    ['floats', Float32Array.of(0, 0.5, 0.498, 0.502, 1, 0.98), 3],
  ])('unknown is %s', (_, data, snapped) => {
    expect([...readTrimap(map(data)).trimap.data]).toEqual([0, 0.5, 0.5, 0.5, 1, 1]);
    expect(readTrimap(map(data)).snapped).toBe(snapped);
    const warnings: string[] = [];
    const onWarning = (message: string) => warnings.push(message);
    const errors = measureMatte(alpha, truth, { trimap: map(data), onWarning });
    expect(errors).toEqual(measureMatte(alpha, truth, { trimap: map(exact) }));
    expect(warnings.join()).toMatch(snapped === 0 ? /^$/ : new RegExp(`^${snapped} of 6 pixels`));
  });
});

it('The bands are those of the classes on tensors', async () => {
  const { trimapClasses } = await import('./trimap-classes');
  await import('@tensorflow/tfjs-backend-cpu');
  await tf.setBackend('cpu');
  const levels = Float32Array.of(0.24, 0.26, 0.74, 0.76);
  const { unknown } = trimapClasses(tf.tensor4d(levels, [1, 1, 4, 1]));
  expect([...unknown.dataSync()]).toEqual(
    [...readTrimap(map(levels)).trimap.data].map((v) => Number(v === 0.5)),
  );
});
