import type { Random } from '@latent-matte/core';

/** Numbers at which sizes, counts and offsets go wrong. */
const EDGES = [
  ...[0, 1, 2, 7, 8, 127, 128, 255, 256, 32767, 32768, 65535, 65536],
  ...[2 ** 24, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1],
];
const WORDS = [
  ...['null', '-1', '0', '1e400', '1e308', '9007199254740993', '""', '[]', '{}', 'true', 'NaN'],
  ...['"__proto__"', '"toString"', '"constructor"', '"../x"', '"\\ud800"', '[[[[[[]]]]]]', '-0.5'],
];

/** Other bytes near those of a file: a few damages, each at a place of its own. */
export function mutate(bytes: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  let result: Uint8Array = bytes.slice();
  const times = 1 + random.integer(4);
  for (let i = 0; i < times; i++) result = once(result, other, random);
  return result.subarray(0, MAX_BYTES);
}

const MAX_BYTES = 1 << 20;

function once(bytes: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  const at = random.integer(bytes.length + 1);
  const length = Math.min(bytes.length - at, 1 + random.integer(1 << random.integer(9)));
  switch (random.integer(10)) {
    case 0:
      return bytes.slice(0, at);
    case 1:
      return without(bytes, at, length);
    case 2:
      return spliced(bytes, at, bytes.subarray(at, at + length));
    case 3: {
      const from = random.integer(other.length + 1);
      return spliced(bytes, at, other.subarray(from, from + 1 + random.integer(64)));
    }
    case 4:
      return spliced(bytes, at, new TextEncoder().encode(WORDS[random.integer(WORDS.length)]!));
    case 5:
      return replacedNumber(bytes, random);
    case 6:
    case 7:
      return withInteger(bytes, at, random);
    default: {
      if (at === bytes.length) return bytes;
      bytes[at] = random.integer(2) ? random.integer(256) : bytes[at]! ^ (1 << random.integer(8));
      return bytes;
    }
  }
}

const without = (bytes: Uint8Array, at: number, length: number): Uint8Array =>
  joined(bytes.subarray(0, at), bytes.subarray(at + length));

const spliced = (bytes: Uint8Array, at: number, part: Uint8Array): Uint8Array =>
  joined(bytes.subarray(0, at), part, bytes.subarray(at));

function joined(...parts: Uint8Array[]): Uint8Array {
  const result = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}

/** An edge in place of 1, 2, 4 or 8 bytes, the little or the big end first. */
function withInteger(bytes: Uint8Array, at: number, random: Random): Uint8Array {
  const size = 1 << random.integer(4);
  if (at + size > bytes.length) return bytes;
  const value = BigInt.asUintN(
    64,
    BigInt(EDGES[random.integer(EDGES.length)]! - random.integer(3)),
  );
  const big = random.integer(2) === 1;
  for (let i = 0; i < size; i++) {
    bytes[at + (big ? size - 1 - i : i)] = Number((value >> BigInt(8 * i)) & 255n);
  }
  return bytes;
}

/** A number, word or string of a text becomes another. */
function replacedNumber(bytes: Uint8Array, random: Random): Uint8Array {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  const found = [...text.slice(0, 65536).matchAll(/-?\d+(?:\.\d+)?|true|false|null|"[^"]{0,40}"/g)];
  if (found.length === 0) return bytes;
  const { index, 0: word } = found[random.integer(found.length)]!;
  const by =
    random.integer(3) === 0
      ? String(EDGES[random.integer(EDGES.length)])
      : WORDS[random.integer(WORDS.length)]!;
  return joined(
    bytes.subarray(0, index),
    new TextEncoder().encode(by),
    bytes.subarray(index + word.length),
  );
}
