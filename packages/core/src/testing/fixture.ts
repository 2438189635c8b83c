import { readFileSync } from 'node:fs';
import { parseSafetensors, toFloat32 } from '../weights';

/**
 * Reference values from `packages/core/fixtures`, for the tests of this repository only. Their inputs are not
 * stored but hashed: exact on every platform.
 */
export interface Fixture {
  readonly names: readonly string[];
  floats(name: string): Float32Array;
  /** Of a uint8 tensor. */
  bytes(name: string): Uint8Array;
  shape(name: string): readonly number[];
}

export function readFixture(name: string): Fixture {
  const url = new URL(`../../fixtures/${name}.safetensors`, import.meta.url);
  const { tensors } = parseSafetensors(new Uint8Array(readFileSync(url)));
  const tensor = (key: string) => {
    const found = tensors.get(key);
    if (found === undefined) throw new Error(`${name}.safetensors has no tensor "${key}"`);
    return found;
  };
  return {
    names: [...tensors.keys()],
    floats: (key) => toFloat32(tensor(key), key),
    bytes: (key) => tensor(key).bytes,
    shape: (key) => tensor(key).shape,
  };
}

/** The fixtures' input generator: murmur3-finalised counter, seeded by FNV-1a of the key; in [b − a, b + a). */
export function hashValues(key: string, count: number, a = 1, b = 0): Float32Array {
  let seed = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(key)) seed = Math.imul(seed ^ byte, 0x01000193);
  return Float32Array.from({ length: count }, (_, i) => {
    let x = ((seed >>> 0) + Math.imul(i + 1, 0x9e3779b9)) >>> 0;
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
    x ^= x >>> 16;
    return ((x >>> 0) / 4294967296 - 0.5) * 2 * a + b;
  });
}
