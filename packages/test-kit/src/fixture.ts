import { readFileSync } from 'node:fs';
import { parseSafetensors, toFloat32 } from '@latent-matte/core/checkpoints';

export { hashValues } from './hash-values';

/**
 * Reference values from `packages/core/fixtures`. Their inputs are not
 * stored but hashed: exact on every platform.
 */
export interface Fixture {
  readonly names: readonly string[];
  readonly metadata: ReadonlyMap<string, string>;
  floats(name: string): Float32Array;
  /** Of a uint8 tensor. */
  bytes(name: string): Uint8Array;
  shape(name: string): readonly number[];
}

export function readFixture(name: string): Fixture {
  const url = new URL(`../../core/fixtures/${name}.safetensors`, import.meta.url);
  const { tensors, metadata } = parseSafetensors(new Uint8Array(readFileSync(url)));
  const tensor = (key: string) => {
    const found = tensors.get(key);
    if (found === undefined) throw new Error(`${name}.safetensors has no tensor "${key}"`);
    return found;
  };
  return {
    names: [...tensors.keys()],
    metadata,
    floats: (key) => toFloat32(tensor(key), key),
    bytes: (key) => tensor(key).bytes,
    shape: (key) => tensor(key).shape,
  };
}
