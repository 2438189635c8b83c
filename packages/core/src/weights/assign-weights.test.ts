import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { WeightsError } from '../errors';
import { assignWeights } from './assign-weights';
import { parseSafetensors, serializeSafetensors, type TensorSource } from './safetensors';
import { sha256 } from './sha256';

const read = (name: string) =>
  new Uint8Array(readFileSync(new URL(`../../fixtures/formats/${name}`, import.meta.url)));

const floats = (shape: number[], ...data: number[]): TensorSource => ({
  dtype: 'F32',
  shape,
  data: Float32Array.from(data),
});
const archive = (tensors: Record<string, TensorSource>) =>
  parseSafetensors(serializeSafetensors(Object.entries(tensors)));

describe('assignWeights', () => {
  it('returns the expected tensors and skips batch counters', () => {
    const file = archive({
      'conv.weight': floats([1, 2], 1, 2),
      'norm.num_batches_tracked': { dtype: 'I64', shape: [], bytes: new Uint8Array(8) },
      'classifier.weight': floats([1], 3),
    });
    const ignore = (name: string) => name.startsWith('classifier.');
    expect(assignWeights(file, { 'conv.weight': [1, 2] }, 'net', { ignore })).toEqual({
      'conv.weight': Float32Array.of(1, 2),
    });
  });

  it('flushes denormals and other vanishing weights', () => {
    const file = archive({ w: floats([4], 1e-40, -9e-31, 2e-30, -1) });
    expect(assignWeights(file, { w: [4] }, 'net').w).toEqual(Float32Array.of(0, 0, 2e-30, -1));
  });

  it('lists every problem in one error', () => {
    const file = archive({
      shape: floats([2, 1], 1, 2),
      kind: { dtype: 'I32', shape: [1], bytes: new Uint8Array(4) },
      bad: floats([3], 1, Number.NaN, Infinity),
      extra: floats([], 1),
      fine: floats([], 1),
    });
    const expected = { gone: [3], shape: [1, 2], kind: [1], bad: [3], fine: [] };
    let caught: unknown;
    try {
      assignWeights(file, expected, 'ExampleNet');
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(WeightsError);
    expect((caught as WeightsError).message).toBe(
      'These weights do not fit ExampleNet, 5 problems: "gone" is missing (expected shape [3]); ' +
        '"shape" has shape [2, 1], expected [1, 2]; "kind" is I32 [1], expected floats (F32, F16, BF16 or F64); ' +
        '"bad" is not finite: NaN at index 1; "extra" is unexpected (F32 []). ' +
        'Use weights exported for ExampleNet, as float32 and in its own layout.',
    );
  });

  it('does not take a file without a tensor for one with inherited names', () => {
    expect(() => assignWeights(archive({ toString: floats([], 1) }), {}, 'net')).toThrow(
      /"toString" is unexpected/,
    );
  });

  it.each([
    ['s01_nan.safetensors', /"\S+" is not finite: NaN at index 1/],
    [
      's02_wrong_shape.safetensors',
      /"features.0.weight" has shape \[64, 3, 3, 5\], expected \[64, 3, 3, 3\]/,
    ],
    ['s03_missing_key.safetensors', /"features.0.weight" is missing/],
    ['s04_wrong_dtype.safetensors', /"features.0.weight" is I64 \[64, 3, 3, 3\], expected floats/],
  ])('%s', (name, message) => {
    const file = parseSafetensors(read(name));
    // s01 holds one tensor of its own; the others are VGG16's first layer.
    const expected = name.startsWith('s01')
      ? Object.fromEntries([...file.tensors].map(([key, { shape }]) => [key, shape]))
      : { 'features.0.weight': [64, 3, 3, 3], 'features.0.bias': [64] };
    expect(() => assignWeights(file, expected, 'VGG16')).toThrow(message);
  });
});

describe('sha256', () => {
  it('matches the published test vector, for views too', async () => {
    const abc = Uint8Array.of(0, 0x61, 0x62, 0x63, 0).subarray(1, 4);
    expect(await sha256(abc)).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });
});
