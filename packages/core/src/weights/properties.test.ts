import fc from 'fast-check';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { WeightFormatError } from '../errors';
import { bytesSource } from './byte-source';
import { MemoryBudget } from './memory-budget';
import { parseTfjsManifest } from './tfjs-manifest';
import { toFloat32 } from './weight-tensor';
import { ZipArchive } from './zip-archive';

const runs = { seed: 21, numRuns: 60 };

describe('zip files', () => {
  const name = fc.stringMatching(/^[a-z0-9._/-]{1,20}$/).filter((text) => text !== '__proto__');
  const files = fc.dictionary(name, fc.uint8Array({ maxLength: 300 }), { minKeys: 1, maxKeys: 5 });
  const read = async (bytes: Uint8Array) => {
    const archive = await ZipArchive.open(bytesSource(bytes));
    const budget = new MemoryBudget(bytes.length);
    const contents = new Map<string, Uint8Array>();
    for (const each of archive.names) contents.set(each, await archive.read(each, budget));
    return contents;
  };

  it('give back what was put in, stored or deflated', async () => {
    await fc.assert(
      fc.asyncProperty(files, fc.constantFrom(0, 6 as const), async (given, level) => {
        const contents = await read(zipSync({ ...given }, { level }));
        expect([...contents.keys()].sort()).toEqual(Object.keys(given).sort());
        for (const [each, content] of contents) expect([...content]).toEqual([...given[each]]);
      }),
      runs,
    );
  });

  it('cut short anywhere are refused by name', async () => {
    await fc.assert(
      fc.asyncProperty(files, fc.double({ min: 0, max: 1, noNaN: true }), async (given, share) => {
        const whole = zipSync({ ...given });
        const part = whole.subarray(
          0,
          Math.min(whole.length - 1, Math.floor(share * whole.length)),
        );
        await expect(read(part)).rejects.toThrow(WeightFormatError);
      }),
      runs,
    );
  });

  it('with a byte changed are read, or refused by name', async () => {
    await fc.assert(
      fc.asyncProperty(files, fc.nat(), fc.integer({ min: 1, max: 255 }), async (given, at, by) => {
        const bytes = zipSync({ ...given });
        bytes[at % bytes.length] ^= by;
        await read(bytes).catch((error) => {
          expect(error).toBeInstanceOf(WeightFormatError);
        });
      }),
      { ...runs, numRuns: 200 },
    );
  });
});

describe('weight manifests of tfjs', () => {
  const tensor = fc
    .tuple(
      fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }),
      fc.constantFrom('float32', 'int32', 'uint8', 'uint16'),
      fc.nat(1e6),
    )
    .map(([shape, kind, start]) => {
      const count = shape.reduce((a, b) => a * b, 1);
      const numbers = Array.from({ length: count }, (_, i) => (start + 7919 * i) % 65521);
      return { shape, kind, numbers };
    });
  const arrays = {
    float32: Float32Array,
    int32: Int32Array,
    uint8: Uint8Array,
    uint16: Uint16Array,
  } as const;
  const scale = 0.25;

  it('give every weight, wherever their files are cut', () => {
    fc.assert(
      fc.property(
        fc.array(tensor, { minLength: 1, maxLength: 6 }),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 4 }),
        (tensors, cuts) => {
          const held = tensors.map(({ kind, numbers }) => arrays[kind].from(numbers));
          const bytes = Uint8Array.from(
            held.flatMap(({ buffer }) => Array.from(new Uint8Array(buffer))),
          );
          const places = [0, ...cuts.map((cut) => Math.floor(cut * bytes.length)), bytes.length];
          places.sort((a, b) => a - b);
          const paths = places.slice(1).map((_, i) => `shard${i}`);
          const files = new Map(
            paths.map((path, i) => [path, bytes.subarray(places[i], places[i + 1])]),
          );
          const weights = tensors.map(({ shape, kind }, i) => ({
            name: `w${i}`,
            shape,
            dtype: kind.startsWith('uint') ? 'float32' : kind,
            ...(kind.startsWith('uint') && { quantization: { dtype: kind, scale, min: -1 } }),
          }));
          const read = parseTfjsManifest([{ paths, weights }], files).tensors;
          expect(read.size).toBe(tensors.length);
          for (const [i, { shape, kind }] of tensors.entries()) {
            const found = read.get(`w${i}`);
            expect(found?.shape).toEqual(shape);
            if (found === undefined || kind === 'int32') continue;
            const wanted = Array.from(held[i], (q) => (kind === 'float32' ? q : q * scale - 1));
            expect(Array.from(toFloat32(found))).toEqual(wanted);
          }
        },
      ),
      runs,
    );
  });

  it('whose files are longer or shorter than they say are refused by name', () => {
    fc.assert(
      fc.property(fc.nat(40), fc.nat(10), (count, size) => {
        fc.pre(4 * size !== count);
        const weights = [{ name: 'w', shape: [size], dtype: 'float32' }];
        const files = new Map([['a', new Uint8Array(count)]]);
        expect(() => parseTfjsManifest([{ paths: ['a'], weights }], files)).toThrow(
          WeightFormatError,
        );
      }),
      runs,
    );
  });
});
