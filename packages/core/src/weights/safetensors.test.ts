import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { WeightFormatError } from '../errors';
import { parseSafetensors, serializeSafetensors } from './safetensors';
import { toFloat32 } from './weight-tensor';

const folder = new URL('../../fixtures/formats/', import.meta.url);
const read = (name: string) => new Uint8Array(readFileSync(new URL(name, folder)));
const manifest = JSON.parse(readFileSync(new URL('manifest.json', folder), 'utf8')) as {
  files: { file: string; expect: string; what: string }[];
  expected: Record<string, Record<string, { shape: number[]; values: (number | boolean)[] }>>;
};

/** A file with the given header text and data. */
function file(header: string, data: ArrayLike<number> = []): Uint8Array {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(Array.from(data), 8 + text.length);
  return bytes;
}

describe('parseSafetensors', () => {
  it('reads every element type of the reference file', () => {
    const { tensors, metadata } = parseSafetensors(read('ok.safetensors'));
    expect(metadata.get('note')).toBe('äöü €');
    const expected = manifest.expected['ok.safetensors']!;
    expect([...tensors.keys()].sort()).toEqual(Object.keys(expected).sort());
    for (const name of ['a.weight', 'b', 'c', 's', 'empty']) {
      expect(tensors.get(name)!.shape).toEqual(expected[name]!.shape);
      expect(Array.from(toFloat32(tensors.get(name)!))).toEqual(expected[name]!.values);
    }
    const integers = new BigInt64Array(tensors.get('i')!.bytes.slice().buffer);
    expect(Array.from(integers, Number)).toEqual(expected.i!.values);
    expect(tensors.get('u8')).toMatchObject({ dtype: 'U8', shape: [2] });
    expect(Array.from(tensors.get('bool')!.bytes, Boolean)).toEqual(expected.bool!.values);
    expect(() => toFloat32(tensors.get('i')!, 'i')).toThrow(/"i" is I64 \[3\]; expected F32/);
  });

  it('reads a file that starts at an odd address', () => {
    const source = read('ok.safetensors');
    const shifted = new Uint8Array(source.length + 1);
    shifted.set(source, 1);
    const { tensors } = parseSafetensors(shifted.subarray(1));
    expect(Array.from(toFloat32(tensors.get('s')!))).toEqual([2.5]);
  });

  const messages: Record<string, RegExp> = {
    h01_truncated_data: /Tensor "\w+" ends at byte \d+, but the file holds \d+ bytes/,
    h02_truncated_header: /should be 512 bytes long, but only 256 follow/,
    h03_header_length_lie: /header length 4611686018427387904, the limit is 100000000/,
    h04_header_length_big: /should be 90000000 bytes long, but only 610 follow/,
    h05_overlap: /Tensor "a.weight" overlaps .* begins at byte 20, .* ends at 24/,
    h06_overlap2: /Tensor "y" overlaps .* begins at byte 4, .* ends at 8/,
    h07_hole: /Tensor "y" leaves a hole/,
    h08_shape_bytes_mismatch: /takes 36 bytes, but data_offsets \[0, 32\] hold 32/,
    h09_out_of_range: /Tensor "x" ends at byte \d+, but the file holds \d+ bytes/,
    h10_overflow_shape: /F32 \[4294967296, 4294967296\]: more bytes than can be counted/,
    h11_negative: /Tensor "x" has shape \[.*-1.*\]; expected .* ≥ 0/,
    h12_unknown_dtype: /Tensor "x" has the unknown dtype "F7"/,
    h13_bad_json: /not valid JSON/,
    h14_not_object: /not a JSON object/,
    h16_duplicate_key: /lists "x" twice/,
    h17_empty: /0 bytes/,
  };
  const refused = manifest.files.filter(
    ({ file, expect: outcome }) => file.endsWith('.safetensors') && outcome === 'reject',
  );
  it('has a message for every hostile file', () => {
    expect(refused.map(({ file: name }) => name.replace('.safetensors', '')).sort()).toEqual(
      Object.keys(messages).sort(),
    );
  });
  it.each(refused)('refuses $file: $what', ({ file: name }) => {
    const parse = () => parseSafetensors(read(name));
    expect(parse).toThrow(WeightFormatError);
    expect(parse).toThrow(messages[name.replace('.safetensors', '')]);
  });

  it('treats __proto__ as an ordinary name', () => {
    const { tensors } = parseSafetensors(read('h15_proto_key.safetensors'));
    expect([...tensors.keys()]).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>).dtype).toBeUndefined();
  });

  it.each([
    [
      'a key repeated in an escaped spelling',
      '{"x":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"\\u0078":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}',
      /"x" twice/,
    ],
    [
      'a field repeated inside an entry',
      '{"x":{"dtype":"U8","shape":[1],"shape":[0],"data_offsets":[0,0]}}',
      /"shape" twice/,
    ],
    [
      'a dtype from the prototype',
      '{"x":{"dtype":"toString","shape":[0],"data_offsets":[0,0]}}',
      /unknown dtype "toString"/,
    ],
    [
      'a fractional size',
      '{"x":{"dtype":"U8","shape":[0.5],"data_offsets":[0,0]}}',
      /shape \[0\.5\]/,
    ],
    [
      'an unsafe integer',
      '{"x":{"dtype":"U8","shape":[9007199254740993],"data_offsets":[0,0]}}',
      /shape \[9007199254740992\]/,
    ],
    [
      'reversed offsets',
      '{"x":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}}',
      /data_offsets \[1, 0\] hold -1/,
    ],
    [
      'a single offset',
      '{"x":{"dtype":"U8","shape":[1],"data_offsets":[0]}}',
      /data_offsets \[0\]/,
    ],
    ['an entry that is not an object', '{"x":null}', /Tensor "x" is null/],
    ['metadata that is not strings', '{"__metadata__":{"a":1}}', /__metadata__\["a"\] is 1/],
    ['data nobody claims', '{}', /hold(s)? 4 bytes/],
    ['leading space', ' {}', /not a JSON object/],
    ['a second document', '{}{}', /not valid JSON/],
    [
      'deep nesting',
      `{"x":{"dtype":${'['.repeat(50_000)}${']'.repeat(50_000)}}}`,
      /unknown dtype|not valid JSON/,
    ],
  ])('refuses %s', (_, header, message) => {
    const parse = () => parseSafetensors(file(header, [0, 0, 0, 0]));
    expect(parse).toThrow(WeightFormatError);
    expect(parse).toThrow(message);
  });

  it('refuses a header that is not UTF-8', () => {
    const bytes = file('{"x":"?"}');
    bytes[14] = 0xff;
    expect(() => parseSafetensors(bytes)).toThrow(/not valid JSON/);
  });
});

describe('serializeSafetensors', () => {
  const values = Float32Array.of(1, -2.5, 0.1, 65504);

  it('writes what parseSafetensors reads, in any of the float types', () => {
    const bytes = serializeSafetensors(
      [
        ['a', { dtype: 'F16', shape: [2, 2], data: values }],
        ['b', { dtype: 'F32', shape: [4], data: values }],
        ['c', { dtype: 'BF16', shape: [4, 1], data: values }],
        ['__proto__', { dtype: 'I8', shape: [3], bytes: Uint8Array.of(1, 2, 3) }],
      ],
      { z: 'last', a: 'ä' },
    );
    const { tensors, metadata } = parseSafetensors(bytes);
    expect([...metadata]).toEqual([
      ['a', 'ä'],
      ['z', 'last'],
    ]);
    expect([...tensors.keys()]).toEqual(['b', 'a', 'c', '__proto__']);
    expect(tensors.get('a')!.shape).toEqual([2, 2]);
    expect(toFloat32(tensors.get('b')!)).toEqual(values);
    expect(Array.from(toFloat32(tensors.get('a')!))).toEqual([1, -2.5, 0.0999755859375, 65504]);
    expect(Array.from(toFloat32(tensors.get('c')!))).toEqual([1, -2.5, 0.10009765625, 65536]);
    expect(Array.from(tensors.get('__proto__')!.bytes)).toEqual([1, 2, 3]);
  });

  it('gives the same bytes in any order, with the data aligned to 8', () => {
    const a = ['a', { dtype: 'F32', shape: [4], data: values }] as const;
    const b = ['b', { dtype: 'F16', shape: [4], data: values }] as const;
    const bytes = serializeSafetensors([a, b]);
    expect(serializeSafetensors([b, a])).toEqual(bytes);
    expect(new DataView(bytes.buffer).getBigUint64(0, true) % 8n).toBe(0n);
  });

  it('reproduces a parsed file tensor by tensor', () => {
    const first = parseSafetensors(read('ok.safetensors'));
    const again = parseSafetensors(
      serializeSafetensors(first.tensors, Object.fromEntries(first.metadata)),
    );
    expect(new Map([...again.tensors].sort())).toEqual(new Map([...first.tensors].sort()));
    expect(again.metadata).toEqual(first.metadata);
  });

  it('refuses overflow, wrong lengths, and names that clash', () => {
    const write = (name: string, dtype: 'F16' | 'BF16', shape: number[], data: number[]) => () =>
      serializeSafetensors([
        [name, { dtype, shape, data: Float32Array.from(data) }],
        ['taken', { dtype, shape: [0], data: new Float32Array() }],
      ]);
    expect(write('w', 'F16', [2], [1, 65520])).toThrow(/"w"\[1\] is 65520, too large for F16/);
    expect(write('w', 'BF16', [1], [3.4028234e38])).toThrow(/too large for BF16/);
    expect(write('w', 'F16', [1], [Infinity])).not.toThrow();
    expect(write('w', 'F16', [3], [1])).toThrow(/F16 \[3\], 3 elements, but 1 were given/);
    expect(write('w', 'F16', [-1], [])).toThrow(/shape \[-1\]/);
    expect(write('__metadata__', 'F16', [0], [])).toThrow(/reserved/);
    expect(write('taken', 'F16', [0], [])).toThrow(/given twice/);
  });
});
