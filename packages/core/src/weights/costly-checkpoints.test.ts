import * as write from '@latent-matte/test-kit/pickle-writer';
import { describe, expect, it } from 'vitest';
import { openCheckpoint } from './open-checkpoint';
import { parseSafetensors } from './safetensors';
import { toFloat32 } from './weight-tensor';

const { bytes, call, dict, global, legacyFile, pickle, tensor, text, tuple, int, uint32 } = write;

/** Megabytes that a call may add, and seconds it may take, on a loaded machine. */
const LITTLE = { bytes: 700e6, seconds: 10 };

async function refusedSoon(file: Uint8Array, message: RegExp): Promise<void> {
  const before = process.memoryUsage().rss;
  const start = performance.now();
  await expect(openCheckpoint(file)).rejects.toThrow(message);
  expect((performance.now() - start) / 1000).toBeLessThan(LITTLE.seconds);
  expect(process.memoryUsage().rss - before).toBeLessThan(LITTLE.bytes);
}

describe('A few bytes of a pickle make little work', () => {
  it('long keys times shared dictionaries', async () => {
    const key = (i: number) => text(`${i}`.padEnd(4000, 'k'));
    const leaves = bytes(
      '}q',
      0,
      '(',
      ...Array.from({ length: 250 }, (_, i) => bytes(text(`${i}`), 'K', 1)),
      'u',
    );
    const middle = bytes(
      '}q',
      1,
      '(',
      ...Array.from({ length: 12 }, (_, i) => bytes(key(i), 'h', 0)),
      'u',
    );
    const root = bytes('}(', ...Array.from({ length: 12 }, (_, i) => bytes(key(i), 'h', 1)), 'u');
    await refusedSoon(pickle(leaves, '0', middle, '0', root), /nested too deeply, or without end/);
  });

  it('copies of a shared dict, set and text', async () => {
    const items = Array.from({ length: 2000 }, (_, i) => bytes('K', i & 255, 'K', i >> 8, 0x86));
    const list = bytes('](', ...items, 'eq', 0);
    const repeat = (one: Uint8Array, count: number) => {
      const all = new Uint8Array(one.length * count);
      for (let i = 0; i < count; i++) all.set(one, i * one.length);
      return all;
    };
    for (const name of ['OrderedDict', 'Counter', 'deque']) {
      const copy = bytes('h', 1, 'h', 0, 0x85, 'R');
      await refusedSoon(
        pickle(list, global('collections', name), 'q', 1, '(', repeat(copy, 50_000), 't'),
        /repeats its objects/,
      );
    }
    const encoded = bytes('h', 1, 'h', 0, 0x85, 'R');
    await refusedSoon(
      pickle(
        text('x'.repeat(4000)),
        'q',
        0,
        global('_codecs', 'encode'),
        'q',
        1,
        '(',
        repeat(encoded, 300_000),
        't',
      ),
      /repeats its objects/,
    );
    await refusedSoon(pickle('(', repeat(bytes('}'), 1_500_000), 't'), /repeats its objects/);
  });
});

it('A safetensors header of many entries is refused before it is parsed', () => {
  const file = (json: string): Uint8Array => {
    const header = new TextEncoder().encode(json);
    return bytes2(uint32(header.length), uint32(0), header);
  };
  expect(() => parseSafetensors(file(`{${'"a":0,'.repeat(1_100_000)}"b":0}`))).toThrow(
    /entries and lists/,
  );
  expect(() => parseSafetensors(file(`{"a":${' '.repeat(17 * 2 ** 20)}0}`))).toThrow(
    /bytes; 16777216 are read/,
  );
});

function bytes2(...parts: Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

describe('What lies beside the weights is inert', () => {
  const w = ['w', tensor('0', 1, [1], [1])] as const;
  it.each([
    ['an enum', call(global('__main__', 'Mode'), int(1))],
    ['an enum by its name', call(global('builtins', 'getattr'), global('a', 'Mode'), text('FAST'))],
    ['range', call(global('builtins', 'range'), int(0), int(3), int(1))],
    ['xrange of Python 2', call(global('__builtin__', 'xrange'), int(0), int(3), int(1))],
    ['slice', call(global('builtins', 'slice'), int(0), int(3), bytes('N'))],
    [
      'deque',
      bytes(call(global('collections', 'deque'), tuple(), int(9)), '(', int(1), int(2), 'e'),
    ],
    ['int', call(global('builtins', 'int'), int(3))],
    ['complex', call(global('builtins', 'complex'), int(3), int(4))],
  ])('%s', async (_, value) => {
    const file = legacyFile(dict(w, ['beside', value]), { 0: [7] });
    const { tensors } = await openCheckpoint(file);
    expect(toFloat32(tensors.get('w')!)).toEqual(Float32Array.of(7));
  });

  it('what runs something stays refused', async () => {
    const refused = [
      call(global('builtins', 'getattr'), global('os', 'path'), text('system')),
      call(global('builtins', 'getattr'), global('a', 'B'), text('__globals__')),
      call(global('builtins', 'eval'), text('1')),
      call(global('a', 'run'), int(1)),
      call(global('a', 'Runner'), global('a', 'run')),
    ];
    for (const value of refused) {
      const file = legacyFile(dict(w, ['beside', value]), { 0: [7] });
      await expect(openCheckpoint(file)).rejects.toThrow(/forbidden global/);
    }
  });

  it('TorchScript is called so', async () => {
    const value = call(global('torch.jit._pickle', 'build_intlist'), bytes(']'));
    await expect(openCheckpoint(pickle(value))).rejects.toThrow(/TorchScript archive/);
  });
});
