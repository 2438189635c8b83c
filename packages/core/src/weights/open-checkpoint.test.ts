import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { WeightFormatError } from '../errors';
import type { ByteSource } from './byte-source';
import { openCheckpoint } from './open-checkpoint';
import { toFloat32, type WeightTensor } from './weight-tensor';

const folder = new URL('../../fixtures/formats/', import.meta.url);
const read = (name: string) => new Uint8Array(readFileSync(new URL(name, folder)));
const manifest = JSON.parse(readFileSync(new URL('manifest.json', folder), 'utf8')) as {
  files: { file: string; expect: string }[];
  expected: Record<
    string,
    Record<
      string,
      { shape?: number[]; values?: number[]; first?: number[]; sum?: number; scalar?: unknown }
    >
  >;
};

/** A source that counts what is read of it. */
function counting(bytes: Uint8Array): ByteSource & { read: ByteSource['read']; total: number } {
  return {
    size: bytes.length,
    total: 0,
    async read(offset, length) {
      expect(offset + length).toBeLessThanOrEqual(bytes.length);
      this.total += length;
      return bytes.subarray(offset, offset + length);
    },
  };
}

function numbers(tensor: WeightTensor): number[] {
  const { buffer } = tensor.bytes.slice();
  if (tensor.dtype === 'I64') return Array.from(new BigInt64Array(buffer), Number);
  if (tensor.dtype === 'I32') return Array.from(new Int32Array(buffer));
  if (tensor.dtype === 'I8') return Array.from(new Int8Array(buffer));
  if (tensor.dtype === 'F64') return Array.from(new Float64Array(buffer));
  if (tensor.dtype === 'U8' || tensor.dtype === 'BOOL') return Array.from(tensor.bytes);
  return Array.from(toFloat32(tensor));
}

describe('openCheckpoint', () => {
  const loadable = Object.keys(manifest.expected);

  it.each(loadable)('%s has every tensor and scalar the manifest lists', async (file) => {
    const { tensors, scalars } = await openCheckpoint(counting(read(file)));
    for (const [name, expected] of Object.entries(manifest.expected[file]!)) {
      if ('scalar' in expected) expect(scalars.get(name), name).toBe(expected.scalar);
      if (expected.shape === undefined) continue;
      const tensor = tensors.get(name)!;
      expect(tensor, name).toBeDefined();
      expect(tensor.shape, name).toEqual(expected.shape);
      const found = numbers(tensor);
      if (expected.values) expect(found, name).toEqual(expected.values.map(Number));
      if (expected.first) expect(found.slice(0, expected.first.length)).toEqual(expected.first);
      if (expected.sum !== undefined) {
        const sum = found.reduce((total, value) => total + value, 0);
        expect(sum, name).toBeCloseTo(expected.sum, 8);
      }
    }
  });

  it('tells the formats by their content', async () => {
    const formats = await Promise.all(
      ['ok.safetensors', 'zip_new.pt', 'legacy.pth', 'ada.pkl'].map(
        async (file) => (await openCheckpoint(read(file))).format,
      ),
    );
    expect(formats).toEqual(['safetensors', 'pytorch-zip', 'pytorch-legacy', 'pickle']);
  });

  it('keeps settings as scalars', async () => {
    const namespace = await openCheckpoint(read('zip_namespace.pt'));
    expect(namespace.scalars.get('opts/lr')).toBe(0.1);
    expect(namespace.scalars.get('opts/size')).toBe(256);
    const ada = await openCheckpoint(read('ada.pkl'));
    expect(ada.scalars.get('G_ema/init_kwargs/z_dim')).toBe(16);
    expect(ada.scalars.get('G_ema/init_kwargs/synthesis_kwargs/channel_max')).toBe(12);
    expect([...ada.tensors.keys()].some((name) => name.startsWith('D/b16.fromrgb'))).toBe(true);
  });

  const hostile = manifest.files.filter(
    ({ expect }) => expect.startsWith('reject') && !expect.startsWith('reject or'),
  );
  const messages: Record<string, RegExp> = {
    'p01_os_system.pt': /names the forbidden global posix\.system\. Nothing was executed/,
    'p02_eval.pt': /names the forbidden global (builtins|__builtin__)\.eval/,
    'p03_getattr.pkl': /names the forbidden global builtins\.getattr/,
    'p04_os_system_legacy.pth': /names the forbidden global posix\.system/,
    'p05_storage_too_small.pt': /Tensor "w" of shape \[100\].* exceeds its storage of 4 elements/,
    'p06_numel_lie.pt': /holds 16 bytes, its tensors expect 4398046511104/,
    'p07_negative_offset.pt': /storage offset \[number -2\]; expected whole numbers ≥ 0/,
    'p08_huge_stride.pt': /Tensor "w" .* exceeds its storage of 4 elements/,
    'p09_missing_entry.pt': /entry "archive\/data\/7", which is missing/,
    'p10_huge_expand.pt': /shape \[100000, 100000, 100\] would take 4000000000000 bytes/,
    'p11_zipbomb_deflate.pt': /holds 33554432 bytes, its tensors expect 16/,
    'p12_declared_4GB.pt': /holds \d{10} bytes, its tensors expect 16/,
    'p13_truncated.pt': /its end is missing/,
    'p14_truncated_legacy.pth': /cut off/,
    'p15_no_stop.pkl': /ends in the middle/,
    'p16_memo_garbage.pkl': /memo slot 255, which is not set/,
    'p17_long_lie.pkl': /integer of \d+ bytes/,
  };

  it.each(hostile.map(({ file }) => file))('refuses %s', async (file) => {
    const source = counting(read(file));
    const error = await openCheckpoint(source).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(WeightFormatError);
    expect((error as WeightFormatError).remedy).not.toBe('');
    if (messages[file]) expect((error as WeightFormatError).message).toMatch(messages[file]);
    else expect(file).toMatch(/^h\d\d/);
    expect(source.total).toBeLessThanOrEqual(7 * source.size + 1024);
  });

  it.each(['p18_deep_nesting.pkl', 'p19_path_traversal.pt'])(
    'refuses %s without a crash',
    async (file) => {
      await expect(openCheckpoint(read(file))).rejects.toThrow(WeightFormatError);
    },
  );

  it('has a message for every file of the manifest', () => {
    const files = readdirSync(folder).filter((name) => /^p(0\d|1[0-7])_/.test(name));
    expect(files.sort()).toEqual(Object.keys(messages));
  });
});
