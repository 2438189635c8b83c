import * as write from '@latent-matte/test-kit/pickle-writer';
import { describe, expect, it } from 'vitest';
import type { ByteSource } from './byte-source';
import { openCheckpoint, subsetArchive } from './open-checkpoint';
import { toFloat32 } from './weight-tensor';

const { bytes, call, dict, global, instance, pickle, tensor, text, tuple, int } = write;

const loadFromBytes = (content: Uint8Array) =>
  call(
    global('torch.storage', '_load_from_bytes'),
    bytes('B', write.uint32(content.length), content),
  );
const tensorFrom = (storage: Uint8Array) =>
  call(global('torch._utils', '_rebuild_tensor_v2'), storage, int(0), tuple(int(1)), tuple(int(1)));

describe('openCheckpoint refuses', () => {
  const longList = bytes(']');
  const cases: [string, Uint8Array, RegExp][] = [
    ['a list that contains itself', pickle(']q', 0, 'h', 0, 'a'), /nested too deeply, or without/],
    [
      // Each list holds the one before ten times: 10^12 values in 300 bytes.
      'lists of lists of lists',
      pickle(
        longList,
        'q',
        0,
        ...Array.from({ length: 12 }, (_, level) =>
          bytes('](', ...Array.from({ length: 10 }, () => bytes('h', level)), 'eq', level + 1),
        ),
      ),
      /nested too deeply, or without end/,
    ],
    ['endless instructions', pickle(new Uint8Array(2_000_001).fill(0x4e)), /more than 2000000/],
    ['calls through INST', pickle('(ifoo\nbar\n'), /calls the forbidden global foo\.bar/],
    ['calls through OBJ', pickle('(', global('foo', 'bar'), 'o'), /forbidden global foo\.bar/],
    ['a forbidden name nobody calls', pickle(global('subprocess', 'Popen')), /subprocess\.Popen/],
    ['an unknown instruction', pickle(0x98), /unknown instruction 0x98/],
    ['a name from the extension registry', pickle(0x82, 1), /unknown instruction 0x82/],
    ['an empty stack', pickle('0'), /takes more off its stack/],
    ['items of a number', pickle('K', 1, text('a'), 'Ns'), /sets items of number 1/],
    ['a newer protocol', bytes(0x80, 9, 'N.'), /protocol 9 is not known/],
    ['a string beyond the end', pickle('X', write.uint32(2 ** 31), 'abc'), /cut off/],
    ['bytes beyond the end', pickle('B', write.uint32(2 ** 31), 'abc'), /cut off/],
    ['a number', pickle('K', 1), /holds no tensors/],
    [
      'a tensor over a stub',
      pickle(call(global('torch._utils', '_rebuild_tensor_v2'), instance('a', 'B', bytes('}')))),
      /an instance of a\.B as its storage/,
    ],
    [
      'a file inside a file inside a file',
      pickle(tensorFrom(loadFromBytes(write.legacyFile(loadFromBytes(bytes()), {})))),
      /nests one embedded file in another/,
    ],
    [
      'a TensorFlow pickle, with the remedy',
      pickle(tuple(instance('dnnlib.tflib.network', 'Network', dict(['version', int(4)])))),
      /TensorFlow StyleGAN2 pickle.*legacy\.py/,
    ],
    ['a web page', bytes('<!DOCTYPE html><html>'), /a web page, not a checkpoint/],
    ['a gzip file', bytes(0x1f, 0x8b, 8, 0), /a compressed file/],
    ['nothing it knows', bytes('GIF89a, a picture'), /not a checkpoint of a known format/],
    ['an empty file', bytes(), /is empty/],
  ];

  it.each(cases)('%s', async (_, file, message) => {
    await expect(openCheckpoint(file)).rejects.toThrow(message);
  });

  it('a few numbers that many tensors repeat', async () => {
    // 40 MB each, out of 12 kB.
    const views = ['a', 'b'].map(
      (name) => [name, tensor('0', 3000, [3200, 3000], [0, 1])] as const,
    );
    const file = write.legacyFile(dict(...views), { 0: Array.from({ length: 3000 }, () => 1) });
    await expect(openCheckpoint(file)).rejects.toThrow(/"b" of shape .* may fill \d+ more/);
  });
});

describe('openCheckpoint', () => {
  it('reads a whole module, and strings of Python 2', async () => {
    const module = (state: [string, Uint8Array][], modules: [string, Uint8Array][]) =>
      dict(
        ['_parameters', dict(...state)],
        ['_buffers', bytes('}')],
        ['_modules', dict(...modules)],
        ['training', bytes(0x89)],
      );
    const file = write.legacyFile(
      bytes(
        '}(',
        'U',
        5,
        'model',
        instance(
          'models',
          'Net',
          module(
            [],
            [
              [
                'conv',
                instance(
                  'torch.nn.modules.conv',
                  'Conv2d',
                  module(
                    [
                      ['weight', tensor('0', 2, [2], [1])],
                      ['bias', bytes('N')],
                    ],
                    [],
                  ),
                ),
              ],
            ],
          ),
        ),
        'u',
      ),
      { 0: [1, 2] },
    );
    const { tensors, format } = await openCheckpoint(file);
    expect(format).toBe('pytorch-legacy');
    expect([...tensors.keys()]).toEqual(['model/conv.weight']);
    expect(toFloat32(tensors.get('model/conv.weight')!)).toEqual(Float32Array.of(1, 2));
  });

  it('reads of a large file only what is selected', async () => {
    // 400 MB that exist only as a source: 100 storages of 1,000,000 zeros behind a real head.
    const elements = 1_000_000;
    const keys = Array.from({ length: 100 }, (_, index) => String(index));
    const head = write.legacyHead(
      dict(
        ...keys.map(
          (key) =>
            [`net${key}`, dict(['w', tensor(key, elements, [1000, 1000], [1000, 1])])] as const,
        ),
      ),
      keys,
    );
    const stride = 8 + 4 * elements;
    let total = 0;
    let largest = 0;
    const source: ByteSource = {
      size: head.length + keys.length * stride,
      async read(offset, length) {
        total += length;
        largest = Math.max(largest, length);
        const part = new Uint8Array(length);
        if (offset < head.length) part.set(head.subarray(offset, offset + length));
        const inStorage = (offset - head.length) % stride;
        if (offset >= head.length && inStorage === 0) part.set(write.uint32(elements));
        return part;
      },
    };
    const checkpoint = await openCheckpoint(source, { select: (name) => name === 'net7/w' });
    expect(checkpoint.tensors.get('net7/w')!.bytes.length).toBe(4 * elements);
    expect(checkpoint.tensors.size).toBe(1);
    expect(largest).toBe(4 * elements);
    expect(total).toBeLessThan(4 * elements + 500_000);
  });

  it('shares what the file shares: no copies of contiguous tensors', async () => {
    const file = write.legacyFile(
      dict(['a', tensor('0', 6, [6], [1])], ['b', tensor('0', 6, [2, 3], [3, 1])]),
      { 0: [1, 2, 3, 4, 5, 6] },
    );
    const { tensors } = await openCheckpoint(file);
    expect(tensors.get('a')!.bytes.buffer).toBe(file.buffer);
    expect(tensors.get('b')!.bytes.byteOffset).toBe(tensors.get('a')!.bytes.byteOffset);
  });
});

describe('subsetArchive', () => {
  it('takes one network out, and says which there are', async () => {
    const one = tensor('0', 1, [1], [1]);
    const file = write.legacyFile(dict(['g', dict(['w', one])], ['d', dict(['v', one])]), {
      0: [5],
    });
    const checkpoint = await openCheckpoint(file);
    expect([...subsetArchive(checkpoint, 'g/').tensors.keys()]).toEqual(['w']);
    expect(() => subsetArchive(checkpoint, 'g_ema/')).toThrow(
      'no tensors under "g_ema/". There are: g, d.',
    );
  });
});
