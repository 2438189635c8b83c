import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { encodedSize } from './encoded-size';

const ascii = (text: string): number[] => [...text].map((letter) => letter.charCodeAt(0));
const blobOf = (...bytes: number[]): Blob => new Blob([new Uint8Array(bytes)]);
const zeros = (count: number): number[] => new Array(count).fill(0);

describe('encodedSize', () => {
  it('reads a real PNG', async () => {
    const path = new URL('../../../examples/quickstart/astronaut.png', import.meta.url);
    expect(await encodedSize(new Blob([await readFile(path)]))).toEqual([512, 512]);
  });

  it('finds the frame of a JPEG behind its other segments', async () => {
    const thumbnail = [0xff, 0xe1, 0, 6, 0xff, 0xc0, 1, 1];
    const tables = [0xff, 0xff, 0xc4, 0, 3, 9];
    const frame = [0xff, 0xc2, 0, 17, 8, 0x01, 0x02, 0x03, 0x04, ...zeros(12)];
    expect(await encodedSize(blobOf(0xff, 0xd8, ...thumbnail, ...tables, ...frame))).toEqual([
      0x0304, 0x0102,
    ]);
  });

  it('reads the three kinds of WebP, and GIF', async () => {
    const riff = (chunk: string, rest: number[]) =>
      blobOf(
        ...ascii('RIFF'),
        ...zeros(4),
        ...ascii('WEBP'),
        ...ascii(chunk),
        ...rest,
        ...zeros(9),
      );
    const extended = [...zeros(4), ...zeros(4), 0x3f, 0x9c, 0, 0x0f, 0x27, 0];
    expect(await encodedSize(riff('VP8X', extended))).toEqual([40_000, 10_000]);
    const bits = (300 - 1) | ((200 - 1) << 14);
    const lossless = [
      ...zeros(4),
      0x2f,
      bits & 255,
      (bits >> 8) & 255,
      (bits >> 16) & 255,
      bits >> 24,
    ];
    expect(await encodedSize(riff('VP8L', lossless))).toEqual([300, 200]);
    const lossy = [...zeros(4), ...zeros(6), 0x2c, 0x01, 0xc8, 0x00];
    expect(await encodedSize(riff('VP8 ', lossy))).toEqual([300, 200]);
    expect(await encodedSize(blobOf(...ascii('GIF89a'), 0x2c, 1, 0xc8, 0, ...zeros(20)))).toEqual([
      300, 200,
    ]);
  });

  it('leaves everything else to the decoder', async () => {
    const broken = [
      blobOf(),
      blobOf(...ascii('not an image, but long enough to look')),
      blobOf(0xff, 0xd8, 0xff, 0xe1, 0, 0, ...zeros(30)),
      blobOf(0xff, 0xd8, 0xff, 0xda, 0, 4, ...zeros(30)),
      blobOf(0xff, 0xd8, ...zeros(30)),
    ];
    for (const blob of broken) expect(await encodedSize(blob)).toBeUndefined();
  });
});
