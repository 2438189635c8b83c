import { WeightFormatError } from '../errors';
import { type BytesLike, plainBytes } from './plain-bytes';
import type { WeightArchive, WeightDtype, WeightTensor } from './weight-tensor';

// The format (tensorflow/tfjs `tfjs-core/src/io/types.ts`, `tfjs-converter/python/tensorflowjs`):
//
//   weightsManifest: [{ paths, weights: [{ name, shape, dtype, quantization? }] }]
//
// The files of a group follow each other without padding, and so do its weights, which may straddle files.
// Quantised: value = q · scale + min with q uint8 or uint16, rounded for int32; float16 needs no numbers.

const dtypes: Readonly<Record<string, readonly [dtype: WeightDtype, bytes: number]>> = {
  float32: ['F32', 4],
  int32: ['I32', 4],
  bool: ['BOOL', 1],
};

const quantizedBytes: Readonly<Record<string, number>> = { uint8: 1, uint16: 2, float16: 2 };

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const fault = (problem: string): WeightFormatError =>
  new WeightFormatError(
    `The weights manifest ${problem}.`,
    'Pass the parsed model.json of tensorflowjs_converter with the weight files beside it.',
  );

/** For messages: a value of a manifest, cut short. */
const show = (value: unknown): string => (JSON.stringify(value) ?? 'nothing').slice(0, 100);

/**
 * Reads the weights of a TensorFlow.js model, quantised ones included (as float32; float16 stays float16).
 *
 * ```ts
 * import { readFile } from 'node:fs/promises';
 * import { parseTfjsManifest } from '@latent-matte/core/checkpoints';
 *
 * const manifest = JSON.parse(await readFile('model.json', 'utf8'));
 * const shard = 'group1-shard1of1.bin';
 * const archive = parseTfjsManifest(manifest, new Map([[shard, await readFile(shard)]]));
 * ```
 *
 * @param manifest the parsed `model.json`, or the array under its `weightsManifest`
 * @param files the content of each weight file, by its path in the manifest
 * @throws WeightFormatError malformed, a file missing, or sizes that do not agree
 */
export function parseTfjsManifest(
  manifest: unknown,
  files: ReadonlyMap<string, BytesLike>,
): WeightArchive {
  const groups = isObject(manifest) ? manifest.weightsManifest : manifest;
  if (!Array.isArray(groups)) throw fault('is no array of groups');
  const tensors = new Map<string, WeightTensor>();
  for (const group of groups as unknown[]) {
    if (!isObject(group) || !Array.isArray(group.paths) || !Array.isArray(group.weights)) {
      throw fault(`has the group ${show(group)}, without paths or weights`);
    }
    const data = concatenate(group.paths, files);
    let position = 0;
    for (const weight of group.weights as unknown[]) {
      const { name, length, read } = readSpec(weight);
      if (tensors.has(name)) throw fault(`lists ${show(name)} twice`);
      if (!(position + length <= data.length)) {
        throw fault(
          `puts ${show(name)} at bytes ${position} to ${position + length}, but its files hold ${data.length}`,
        );
      }
      tensors.set(name, read(data.subarray(position, position + length)));
      position += length;
    }
    if (position !== data.length) {
      throw fault(`accounts for ${position} of the ${data.length} bytes of ${show(group.paths)}`);
    }
  }
  return { tensors };
}

function concatenate(paths: readonly unknown[], files: ReadonlyMap<string, BytesLike>): Uint8Array {
  const seen = new Set<unknown>();
  const parts = paths.map((path) => {
    const part = typeof path === 'string' ? files.get(path) : undefined;
    if (part === undefined) throw fault(`names the file ${show(path)}, which was not given`);
    // A file named a thousand times would fill the memory.
    if (seen.has(path)) throw fault(`names the file ${show(path)} twice`);
    seen.add(path);
    return plainBytes(part);
  });
  if (parts.length === 1) return parts[0]!;
  const data = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let position = 0;
  for (const part of parts) {
    data.set(part, position);
    position += part.length;
  }
  return data;
}

interface Spec {
  readonly name: string;
  /** Bytes in the file. */
  readonly length: number;
  read(bytes: Uint8Array): WeightTensor;
}

function readSpec(weight: unknown): Spec {
  if (!isObject(weight) || typeof weight.name !== 'string') {
    throw fault(`has the entry ${show(weight)}, without a name`);
  }
  const { name, shape, dtype, quantization } = weight;
  const isCount = (size: unknown) => Number.isSafeInteger(size) && (size as number) >= 0;
  if (!Array.isArray(shape) || !shape.every(isCount)) {
    throw fault(`gives ${show(name)} the shape ${show(shape)}`);
  }
  const known =
    typeof dtype === 'string' && Object.hasOwn(dtypes, dtype) ? dtypes[dtype] : undefined;
  if (known === undefined) throw fault(`gives ${show(name)} the dtype ${show(dtype)}`);
  const [weightDtype, elementBytes] = known;
  const count = (shape as number[]).reduce((product, size) => product * size, 1);
  if (quantization === undefined) {
    return {
      name,
      length: count * elementBytes,
      read: (bytes) => ({ dtype: weightDtype, shape, bytes }),
    };
  }
  const stored = isObject(quantization) ? quantization.dtype : undefined;
  const storedBytes =
    typeof stored === 'string' && Object.hasOwn(quantizedBytes, stored)
      ? quantizedBytes[stored]
      : undefined;
  if (!isObject(quantization) || storedBytes === undefined || weightDtype === 'BOOL') {
    throw fault(`quantises ${show(name)} as ${show(quantization)}`);
  }
  const length = count * storedBytes;
  if (stored === 'float16') {
    return { name, length, read: (bytes) => ({ dtype: 'F16', shape, bytes }) };
  }
  const { scale, min } = quantization;
  if (!Number.isFinite(scale) || !Number.isFinite(min)) {
    throw fault(`quantises ${show(name)} with scale ${show(scale)} and min ${show(min)}`);
  }
  return {
    name,
    length,
    read: (bytes) => {
      const { buffer } = new Uint8Array(bytes);
      const levels = storedBytes === 1 ? new Uint8Array(buffer) : new Uint16Array(buffer);
      const value = (level: number): number => level * (scale as number) + (min as number);
      const values =
        weightDtype === 'I32'
          ? new Int32Array(levels).map((level) => Math.round(value(level)))
          : new Float32Array(levels).map((level) => value(level));
      return { dtype: weightDtype, shape, bytes: new Uint8Array(values.buffer) };
    },
  };
}
