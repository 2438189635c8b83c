import { describe, expect, it } from 'vitest';
import { WeightFormatError } from '../errors';
import { serializeSafetensors, type TensorSource } from '../weights/safetensors';
import type { LatentData } from './latent-data';
import { parseLatents, serializeLatents } from './serialize-latents';

const values = (...shape: number[]) => ({
  shape,
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => i - 1.5),
});
// More than ten maps: names must not be sorted as text.
const latents: LatentData = {
  styles: values(2, 3),
  noise: Array.from({ length: 12 }, (_, i) => values(i + 1, 2, 1)),
};

describe('serializeLatents', () => {
  it('comes back as it went, and the same each time', () => {
    const bytes = serializeLatents(latents, 'stylegan2-256', { psnr: '31.2' });
    const read = parseLatents(bytes);
    expect(read.latents).toEqual(latents);
    expect(read.generator).toBe('stylegan2-256');
    expect(read.metadata.get('psnr')).toBe('31.2');
    expect(serializeLatents(read.latents, 'stylegan2-256', { psnr: '31.2' })).toEqual(bytes);
  });

  it('keeps a code without styles or without noise', () => {
    const empty: LatentData = { styles: { shape: [0, 0], data: new Float32Array(0) }, noise: [] };
    expect(parseLatents(serializeLatents(empty, 'g')).latents).toEqual(empty);
  });
});

describe('parseLatents refuses', () => {
  const meta = { format: 'latent-matte.latents', version: '1', generator: 'g' };
  const styles: TensorSource = { dtype: 'F32', ...values(1, 2) };
  const cases: [string, [string, TensorSource][], Record<string, string>, RegExp][] = [
    ['weights', [['styles', styles]], {}, /holds no latents/],
    ['another version', [['styles', styles]], { ...meta, version: '2' }, /of version 2/],
    ['no styles', [['noise.0', { dtype: 'F32', ...values(1, 1, 1) }]], meta, /no tensor "styles"/],
    [
      'a gap in the maps',
      [
        ['styles', styles],
        ['noise.1', { dtype: 'F32', ...values(1, 1, 1) }],
      ],
      meta,
      /no tensor "noise.0"/,
    ],
    ['styles of another rank', [['styles', { dtype: 'F32', ...values(2) }]], meta, /2 dimensions/],
    [
      'NaN',
      [['styles', { dtype: 'F32', shape: [1, 1], data: Float32Array.of(Number.NaN) }]],
      meta,
      /"styles" of the latents is not finite: NaN at index 0/,
    ],
    [
      'integers',
      [['styles', { dtype: 'I32', shape: [1, 1], bytes: new Uint8Array(4) }]],
      meta,
      /expected F32/,
    ],
  ];
  it.each(cases)('%s', (_, tensors, metadata, message) => {
    const parse = () => parseLatents(serializeSafetensors(tensors, metadata));
    expect(parse).toThrow(WeightFormatError);
    expect(parse).toThrow(message);
  });
});
