import { describe, expect, it } from 'vitest';
import { WeightFormatError } from '../errors';
import { parseTfjsManifest } from './tfjs-manifest';
import { toFloat32 } from './weight-tensor';

const group = (weights: unknown[], paths = ['a.bin']) => ({
  weightsManifest: [{ paths, weights }],
});
const file = (...bytes: number[]) => new Map([['a.bin', Uint8Array.from(bytes)]]);

describe('parseTfjsManifest', () => {
  it('reads every kind of weight, straddling files', () => {
    const data = new Uint8Array([
      ...new Uint8Array(Float32Array.of(1.5, -2).buffer),
      ...new Uint8Array(Int32Array.of(-7).buffer),
      1,
      0,
      255,
      ...new Uint8Array(Uint16Array.of(65535).buffer),
      ...new Uint8Array(Uint16Array.of(0x3e00).buffer),
      3,
    ]);
    const files = new Map([
      ['shard1', data.subarray(0, 6)],
      ['shard2', data.subarray(6)],
    ]);
    const { tensors } = parseTfjsManifest(
      group(
        [
          { name: 'f', shape: [2, 1], dtype: 'float32' },
          { name: 'i', shape: [], dtype: 'int32' },
          { name: 'b', shape: [1], dtype: 'bool' },
          {
            name: 'q8',
            shape: [2],
            dtype: 'float32',
            quantization: { dtype: 'uint8', scale: 0.5, min: -1 },
          },
          {
            name: 'q16',
            shape: [1],
            dtype: 'float32',
            quantization: { dtype: 'uint16', scale: 1 / 65535, min: 2 },
          },
          { name: 'h', shape: [1], dtype: 'float32', quantization: { dtype: 'float16' } },
          {
            name: 'qi',
            shape: [1],
            dtype: 'int32',
            quantization: { dtype: 'uint8', scale: 0.6, min: -5 },
          },
        ],
        ['shard1', 'shard2'],
      ),
      files,
    );
    const floats = (name: string) => Array.from(toFloat32(tensors.get(name)!));
    expect(floats('f')).toEqual([1.5, -2]);
    expect(tensors.get('f')!.shape).toEqual([2, 1]);
    expect(new Int32Array(tensors.get('i')!.bytes.slice().buffer)[0]).toBe(-7);
    expect([...tensors.get('b')!.bytes]).toEqual([1]);
    expect(floats('q8')).toEqual([-1, 126.5]);
    expect(floats('q16')).toEqual([3]);
    expect(floats('h')).toEqual([1.5]);
    // 3 · 0.6 − 5 = −3.2
    expect(new Int32Array(tensors.get('qi')!.bytes.slice().buffer)[0]).toBe(-3);
  });

  const one = { name: 'w', shape: [1], dtype: 'bool' };
  const quantized = (quantization: unknown) => group([{ ...one, dtype: 'float32', quantization }]);
  it.each<[string, unknown, RegExp]>([
    ['nothing', undefined, /no array of groups/],
    ['a group without weights', [{ paths: [] }], /without paths or weights/],
    ['a missing file', group([one], ['b.bin']), /file "b.bin", which was not given/],
    ['a file named twice', group([one], ['a.bin', 'a.bin']), /file "a.bin" twice/],
    ['a weight beyond the end', group([{ ...one, shape: [2 ** 40] }]), /its files hold 1/],
    ['sizes that overflow', group([{ ...one, shape: [2 ** 50, 2 ** 50] }]), /its files hold 1/],
    ['bytes left over', group([]), /accounts for 0 of the 1 bytes/],
    ['a negative size', group([{ ...one, shape: [-1] }]), /the shape \[-1\]/],
    ['strings', group([{ ...one, dtype: 'string' }]), /the dtype "string"/],
    ['a dtype of the prototype', group([{ ...one, dtype: 'toString' }]), /the dtype "toString"/],
    ['a name twice', group([{ ...one, shape: [0] }, one]), /lists "w" twice/],
    ['no name', group([{ shape: [1], dtype: 'bool' }]), /without a name/],
    ['unknown quantisation', quantized({ dtype: 'int4' }), /quantises "w" as/],
    [
      'quantisation without a scale',
      quantized({ dtype: 'uint8', min: 0 }),
      /with scale nothing and min 0/,
    ],
  ])('refuses %s', (_, manifest, message) => {
    const parse = () => parseTfjsManifest(manifest, file(1));
    expect(parse).toThrow(WeightFormatError);
    expect(parse).toThrow(message);
  });
});
