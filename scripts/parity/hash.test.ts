import { describe, expect, it } from 'vitest';
import { fnv1a32, hashImage, hashValues } from './hash';

// The vectors printed in fixtures/README.md §1.
describe('fixture hash', () => {
  it.each([
    [
      'features.0.weight',
      3957865462,
      1,
      [
        0.8104490041732788, 0.13932253420352936, 0.15934036672115326, -0.7087629437446594,
        -0.5180616974830627,
      ],
    ],
    [
      'g_ema.conv1.conv.weight',
      2986040589,
      Math.sqrt(3),
      [
        0.8568528294563293, 1.7074499130249023, -0.2707342505455017, 0.4739075303077698,
        -0.2723507583141327,
      ],
    ],
  ])('%s', (key, hash, a, values) => {
    expect(fnv1a32(key)).toBe(hash);
    expect(Array.from(hashValues(key, 5, a))).toEqual(values);
  });

  it('hashes bytes, not UTF-16 units', () => {
    // FNV-1a of the bytes c3 a4, worked out with BigInt.
    let expected = 0x811c9dc5n;
    for (const byte of [0xc3n, 0xa4n]) expected = ((expected ^ byte) * 0x01000193n) & 0xffffffffn;
    expect(fnv1a32('ä')).toBe(Number(expected));
  });

  it('makes the structured image', () => {
    const image = hashImage('input:imageA', [1, 3, 64, 64]);
    expect(image.length).toBe(3 * 64 * 64);
    expect(Array.from(image.slice(0, 5))).toEqual([
      0.29050883650779724, 0.28487318754196167, 0.33832237124443054, 0.43653175234794617,
      0.3454701900482178,
    ]);
  });
});
