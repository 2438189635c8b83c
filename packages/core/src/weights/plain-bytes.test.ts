import vm from 'node:vm';
import { describe, expect, it } from 'vitest';
import { fromImageData, opaqueRgb, toFloatImage } from '../imaging/raster';
import { openCheckpoint } from './open-checkpoint';
import { plainBytes } from './plain-bytes';
import { parseSafetensors, serializeSafetensors } from './safetensors';
import { sha256 } from './sha256';
import { parseTfjsManifest } from './tfjs-manifest';
import { toFloat32 } from './weight-tensor';

const values = Float32Array.of(1, 2, 3, 4, 5);
const file = serializeSafetensors([['w', { dtype: 'F32', shape: [5], data: values }]]);

/** The same bytes in every container a caller may have. */
function containers(bytes: Uint8Array) {
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length + 3), 3);
  shared.set(bytes);
  const part = new Uint8Array(bytes.length + 5);
  part.set(bytes, 5);
  // Node keeps small Buffers in one pool, so that their `buffer` holds foreign bytes.
  const pooled = Buffer.from(bytes);
  const foreign = vm.runInNewContext('length => new Uint8Array(length)')(bytes.length);
  foreign.set(bytes);
  return {
    Buffer: pooled,
    subarray: part.subarray(5),
    'shared memory': shared,
    SharedArrayBuffer: sharedOf(bytes),
    ArrayBuffer: bytes.slice().buffer,
    DataView: new DataView(part.buffer, 5),
    'another realm': foreign as Uint8Array,
    'buffer of another realm': (foreign as Uint8Array).buffer,
  };
}

function sharedOf(bytes: Uint8Array): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(bytes.length);
  new Uint8Array(buffer).set(bytes);
  return buffer;
}

describe.each(Object.entries(containers(file)))('weights in a %s', (_, bytes) => {
  it('are read as they are, by every reader', async () => {
    for (const archive of [parseSafetensors(bytes), await openCheckpoint(bytes)]) {
      expect(toFloat32(archive.tensors.get('w')!)).toEqual(values);
    }
    expect(await sha256(bytes)).toBe(await sha256(file));
  });
});

it('A Blob is read, and what is no bytes is refused', async () => {
  const { tensors } = await openCheckpoint(new Blob([new Uint8Array(file)]));
  expect(toFloat32(tensors.get('w')!)).toEqual(values);
  await expect(openCheckpoint('a path' as never)).rejects.toThrow(/are "a path", not bytes/);
  await expect(openCheckpoint(null as never)).rejects.toThrow(/are null, not bytes/);
});

it.each([2 ** 40, { length: 2 ** 40 }, 'bytes', null, undefined])(
  'What is no bytes is refused before anything is allocated: %j',
  (given) => {
    expect(() => plainBytes(given as never)).toThrow(/not bytes/);
  },
);

it.each(Object.entries(containers(Uint8Array.of(0, 1, 2, 255))))(
  'Quantised weights of TensorFlow.js in a %s',
  (_, bytes) => {
    const manifest = [
      {
        paths: ['a'],
        weights: [
          {
            name: 'w',
            shape: [4],
            dtype: 'float32',
            quantization: { dtype: 'uint8', scale: 2, min: 1 },
          },
        ],
      },
    ];
    const { tensors } = parseTfjsManifest(manifest, new Map([['a', bytes]]));
    expect([...toFloat32(tensors.get('w')!)]).toEqual([1, 3, 5, 511]);
  },
);

it('Tensors made by hand of a Buffer, and the integers of a pickle, leave it as it is', async () => {
  const bytes = Buffer.from(values.buffer.slice(0));
  const pooled = Buffer.from(bytes);
  expect(toFloat32({ dtype: 'F32', shape: [5], bytes: pooled })).toEqual(values);
  // {"a": 256} with the integer as LONG1, whose bytes were once reversed in place.
  const pickle = Buffer.from([0x80, 2, 0x7d, 0x58, 1, 0, 0, 0, 97, 0x8a, 3, 0, 1, 0, 0x73, 0x2e]);
  const before = [...pickle];
  await expect(openCheckpoint(pickle)).rejects.toThrow(/holds no tensors/);
  expect([...pickle]).toEqual(before);
});

it('Pictures of another realm and in Buffers are pictures', () => {
  const data: Uint8Array = vm.runInNewContext('new Uint8Array([0, 51, 255])');
  for (const bytes of [data, Buffer.from([0, 51, 255])]) {
    const grey = { width: 3, height: 1, channels: 1 as const, data: bytes };
    expect([...toFloatImage(grey).data].map((v) => Math.round(v * 5))).toEqual([0, 1, 5]);
    expect([...opaqueRgb(grey).data]).toEqual([0, 0, 0, 51, 51, 51, 255, 255, 255]);
  }
  const clamped: Uint8ClampedArray = vm.runInNewContext('new Uint8ClampedArray([9, 8, 7, 255])');
  expect([...opaqueRgb(fromImageData({ width: 1, height: 1, data: clamped })).data]).toEqual([
    9, 8, 7,
  ]);
});
