import { InvalidImageError } from '@latent-matte/core';

/** Formats this package reads. */
export type EncodedFormat = 'jpeg' | 'png' | 'webp' | 'gif' | 'tiff' | 'heif';

export const FORMAT_REMEDY = 'Give a JPEG, PNG, WebP, AVIF, TIFF or GIF picture.';
export const HEIC_REMEDY =
  'Convert it first: on a Mac with Preview or `sips -s format jpeg photo.heic --out photo.jpg`, elsewhere with `heif-convert photo.heic photo.jpg`; or set the camera to "Most Compatible".';

/** By the text at an offset, read as Latin-1. */
const signatures: readonly (readonly [format: EncodedFormat, offset: number, text: string])[] = [
  ['jpeg', 0, '\xff\xd8\xff'],
  ['png', 0, '\x89PNG\r\n\x1a\n'],
  ['gif', 0, 'GIF87a'],
  ['gif', 0, 'GIF89a'],
  ['webp', 8, 'WEBP'],
  ['tiff', 0, 'II*\0'],
  ['tiff', 0, 'II+\0'],
  ['tiff', 0, 'MM\0*'],
  ['tiff', 0, 'MM\0+'],
];
const heifBrand = /^(avi[fs]|mif[12]|msf1|miaf|hei[cxms]|hev[cxms]|MA1[AB])$/;

/** What people give by mistake, or hope for; a mark of undefined offset may be anywhere. */
const others: readonly (readonly [
  offset: number | undefined,
  text: string,
  name: string,
  remedy: string,
])[] = [
  [undefined, '<svg', 'an SVG drawing', 'Export it as PNG first.'],
  [0, '%PDF', 'a PDF document', 'Export the page as PNG first.'],
  [0, '%!PS', 'a PostScript document', 'Export it as PNG first.'],
  [0, '8BPS', 'a Photoshop document', 'Export it as PNG or TIFF first.'],
  [0, '\xff\x0a', 'a JPEG XL picture', 'Convert it to PNG first.'],
  [4, 'JXL ', 'a JPEG XL picture', 'Convert it to PNG first.'],
  [0, '\xff\x4f\xff\x51', 'a JPEG 2000 picture', 'Convert it to PNG first.'],
  [4, 'jP  ', 'a JPEG 2000 picture', 'Convert it to PNG first.'],
  [0, 'BM', 'a BMP picture', 'Convert it to PNG first.'],
  [0, '#?RADIANCE', 'a high dynamic range picture', 'Convert it to PNG first.'],
  [0, '\x76\x2f\x31\x01', 'a high dynamic range picture', 'Convert it to PNG first.'],
  [4, 'ftyp', 'a video, or a picture in a format of its camera', 'Convert it to JPEG first.'],
  [undefined, '<!doctype html', 'a web page', 'Download the picture itself.'],
  [undefined, '<html', 'a web page', 'Download the picture itself.'],
  [0, '<?xml', 'an XML document', 'Export it as PNG first.'],
  [0, 'version https://git-lfs', 'a Git LFS pointer', 'Run `git lfs pull` to get the picture.'],
  [0, 'PK\x03\x04', 'a compressed file', 'Unpack it first.'],
  [0, '\x1f\x8b', 'a compressed file', 'Unpack it first.'],
];

/**
 * What an encoded image is, by its first bytes, before any library looks at it: libvips would draw an SVG of 40 kB
 * for half a minute only for us to refuse it.
 * @throws InvalidImageError anything that is not read
 */
export function encodedFormat(bytes: Uint8Array, label: string): EncodedFormat {
  const start = firstBytes(bytes, 1024);
  const known = signatures.find(([, offset, text]) => start.startsWith(text, offset));
  if (known !== undefined) return known[0];
  if (start.startsWith('ftyp', 4) && heifBrand.test(start.slice(8, 12))) return 'heif';
  const lower = start.toLowerCase();
  const other = others.find(([offset, text]) =>
    offset === undefined ? lower.includes(text) : start.startsWith(text, offset),
  );
  throw new InvalidImageError(
    other === undefined
      ? `${label} is not an image this SDK can read.`
      : `${label} is ${other[2]}, which is not supported.`,
    other === undefined ? FORMAT_REMEDY : `${other[3]} ${FORMAT_REMEDY}`,
  );
}

/**
 * What a file in the HEIF container is where libvips could not read it; undefined where nothing special is known.
 * Its first box lists brands: the codec of a still picture, and whether there is a sequence.
 */
export function heifRefusal(bytes: Uint8Array): [problem: string, remedy: string] | undefined {
  const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0);
  const box = firstBytes(bytes, Math.min(length, 512));
  const brands = [box.slice(8, 12), ...(box.slice(16).match(/[\s\S]{4}/g) ?? [])];
  const has = (pattern: RegExp): boolean => brands.some((brand) => pattern.test(brand));
  const isAvif = has(/^(avif|avis|MA1[AB])$/);
  if (isAvif && has(/^(avis|msf1)$/)) {
    return [
      'is an animated AVIF (an image sequence), which is not supported',
      'Save one frame: `ffmpeg -i picture.avif -frames:v 1 picture.png`.',
    ];
  }
  if (!isAvif && has(/^hev[cxms]$/)) {
    return ['is an HEIC image sequence (HEVC), which is not supported', HEIC_REMEDY];
  }
  return isAvif
    ? undefined
    : [
        'is an HEIC picture (HEVC, as iPhones save), which this build of libvips cannot read',
        HEIC_REMEDY,
      ];
}

const firstBytes = (bytes: Uint8Array, count: number): string =>
  String.fromCharCode(...bytes.subarray(0, count));
